import { noted } from '../base/say.ts';

/** What was typed into a field for a model's name: the name that Ollama is asked for, or what is wrong with it. */
export type ReadName = { readonly name: string } | { readonly trouble: string };

/** Parts of a name as Ollama takes them (`types/model/name.go`): host, namespace, model and tag. */
const host = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;
const namespace = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const part = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

/**
 * Reads a name, and what people paste for one: `ollama run qwen3:8b`, the address of its page.
 * @param libraryOnly names with a host are refused, as the device refuses them to this view
 */
export function readModelName(typed: string, libraryOnly: boolean): ReadName {
  const name = typed
    .trim()
    .replace(/^ollama\s+(pull|run)\s+/i, '')
    .replace(/^https?:\/\//i, '')
    .replace(/^(www\.)?ollama\.com\/(library\/)?/i, '')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '');
  if (name === '') return { trouble: noted('Write the name of a model, such as qwen3:8b.') };
  const [last = '', ...before] = name.split('/').reverse();
  const [model = '', tag, ...more] = last.split(':');
  const [owner, where, ...rest] = before;
  const isWhole =
    part.test(model) &&
    (tag === undefined || part.test(tag)) &&
    [...more, ...rest].length === 0 &&
    (owner === undefined || namespace.test(owner) || (where === undefined && host.test(owner))) &&
    (where === undefined || host.test(where));
  if (!isWhole) return { trouble: noted('That is no name of a model. Names look like qwen3:8b: letters, digits, and - _ . between them.') };
  const hasHost = where !== undefined || (owner !== undefined && /[.:]|^localhost$/i.test(owner));
  if (libraryOnly && hasHost) return { trouble: noted('From here only models of Ollama’s own library can be pulled.') };
  return { name };
}
