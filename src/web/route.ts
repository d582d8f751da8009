/** Where in the page somebody is. It stands in the fragment, which never reaches the relay. */
export type Route = { readonly kind: 'home' } | { readonly kind: 'chat'; readonly conversationId: string };

/** Reads a fragment with its `#`; what is unknown is home. */
export function parseRoute(fragment: string): Route {
  const conversationId = /^#\/c\/([A-Za-z0-9_-]{22})$/.exec(fragment)?.[1];
  return conversationId === undefined ? { kind: 'home' } : { kind: 'chat', conversationId };
}

export function formatRoute(route: Route): string {
  return route.kind === 'home' ? '#/' : `#/c/${route.conversationId}`;
}
