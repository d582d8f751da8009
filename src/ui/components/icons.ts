import { svg, type SVGTemplateResult } from 'lit';

const icon = (paths: SVGTemplateResult): SVGTemplateResult =>
  svg`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${paths}</svg>`;

export const chatsIcon = icon(svg`<path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h8"/>`);
export const newChatIcon = icon(svg`<path d="M10 4v12M4 10h12"/>`);
export const temporaryIcon = icon(
  svg`<path d="M3.5 8.5c1.6 2.3 3.8 3.5 6.5 3.5s4.9-1.2 6.5-3.5M5.5 11l-1.2 2.2M14.5 11l1.2 2.2M10 12v2.7"/>`,
);
export const sendIcon = icon(svg`<path d="M10 16V4.5M5 9.5l5-5 5 5"/>`);
export const stopIcon = icon(svg`<rect x="5.5" y="5.5" width="9" height="9" rx="1.8" fill="currentColor" stroke="none"/>`);
export const chevronIcon = icon(svg`<path d="M6 8l4 4 4-4"/>`);
export const downIcon = icon(svg`<path d="M10 4v11.5M5 10.5l5 5 5-5"/>`);
export const closeIcon = icon(svg`<path d="M5 5l10 10M15 5L5 15"/>`);
export const checkIcon = icon(svg`<path d="M4.5 10.5l3.5 3.5 7.5-8"/>`);
export const warningIcon = icon(svg`<path d="M10 3.5l7 12.5H3zM10 8.5v3.2M10 13.9v.01"/>`);
export const leftIcon = icon(svg`<path d="M12 5l-5 5 5 5"/>`);
export const rightIcon = icon(svg`<path d="M8 5l5 5-5 5"/>`);
export const editIcon = icon(svg`<path d="M4 16l.8-3.4 8.4-8.4 2.6 2.6-8.4 8.4zM11.6 5.8l2.6 2.6"/>`);
export const deleteIcon = icon(svg`<path d="M4 6h12M8 6V4h4v2M5.5 6l.8 10h7.4l.8-10M8.6 9v4.4M11.4 9v4.4"/>`);
export const exportIcon = icon(svg`<path d="M10 12.5v-9M6.5 6.5L10 3l3.5 3.5M4 11.5V16h12v-4.5"/>`);
export const cameraIcon = icon(
  svg`<path d="M4.5 6.5h2.3l1.2-2h4l1.2 2h2.3a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z"/><circle cx="10" cy="10.7" r="2.5"/>`,
);
export const attachIcon = icon(
  svg`<path d="M14.5 9.3l-5 5a3.2 3.2 0 0 1-4.5-4.5l5.8-5.8a2.1 2.1 0 0 1 3 3L8 12.8a1 1 0 0 1-1.5-1.4l5-5"/>`,
);
export const searchIcon = icon(svg`<circle cx="9" cy="9" r="5"/><path d="M12.8 12.8L16.5 16.5"/>`);
export const settingsIcon = icon(
  svg`<path d="M3.5 6.5h6M13.5 6.5h3M3.5 13.5h3M10.5 13.5h6"/><circle cx="11.5" cy="6.5" r="2"/><circle cx="8.5" cy="13.5" r="2"/>`,
);
export const promptsIcon = icon(svg`<rect x="3.5" y="3.5" width="13" height="13" rx="3"/><path d="M12 7l-4 6"/>`);
export const fileIcon = icon(svg`<path d="M11 3.5H6a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-8zM11 3.5v4h4"/>`);

/** The product's mark: a speech bubble with a signal in it. */
export const markIcon = svg`<svg class="mark" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="M5 4.75h14A2.25 2.25 0 0 1 21.25 7v8A2.25 2.25 0 0 1 19 17.25h-6.5L8 20.75v-3.5H5A2.25 2.25 0 0 1 2.75 15V7A2.25 2.25 0 0 1 5 4.75Z"/><path d="M9.75 12.25a2.25 2.25 0 0 1 4.5 0"/><path d="M7.5 11a4.75 4.75 0 0 1 9 0"/><path d="M12 13.75v.01"/></svg>`;
