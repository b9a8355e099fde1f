// Reads a call whose text is complete.

import { isObject, jsonIn } from "@lowrank/contracts/internal";

export interface WholeCall {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

/** JSON Schemas of arguments, by the name of the tool. */
export type ArgumentSchemas = ReadonlyMap<string, unknown>;

/** Undefined if the text is not JSON, or no call. */
export function jsonCall(text: string): WholeCall | undefined {
  const value = jsonIn(text);
  if (!isObject(value)) return undefined;
  const { name = value.function, ...call } = isObject(value.function) ? value.function : value;
  if (typeof name !== "string") return undefined;
  const given = call.arguments ?? call.parameters ?? value.parameters ?? {};
  return { name, arguments: typeof given === "string" ? given : JSON.stringify(given) };
}

/** <function=name><parameter=key>value</parameter></function>, as Qwen 3.5 writes it, or without </parameter>. Schemas tell numbers from texts. */
export function xmlCall(text: string, schemas: ArgumentSchemas): WholeCall | undefined {
  const [head = "", ...parts] = text.slice(0, -"</function>".length).split("<parameter=");
  const name = head.slice("<function=".length, head.indexOf(">"));
  const schema = schemas.get(name);
  const known = isObject(schema) && isObject(schema.properties) ? schema.properties : {};
  const entries = parts.map((part) => {
    const [start, end] = [part.indexOf(">"), part.lastIndexOf("</parameter>")];
    const value = part.slice(start + 1, end < 0 ? undefined : end).replace(/^\n|\n$/g, "");
    const key = part.slice(0, start);
    const type = Object.hasOwn(known, key) ? known[key] : undefined;
    const isText = isObject(type) && type.type === "string";
    const parsed = isText ? undefined : jsonIn(pythonWords.get(value) ?? value);
    return [key, parsed === undefined ? value : parsed] as const;
  });
  return { name, arguments: JSON.stringify(Object.fromEntries(entries)) };
}

const pythonWords = new Map(Object.entries({ True: "true", False: "false", None: "null" }));
