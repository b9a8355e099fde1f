// Checks the arguments of the library's functions: a program in plain JavaScript has no compiler to do it.

import { describeValue, failure, isObject, refuseUnknownOptions } from "@lowrank/contracts/internal";

import { type GgufOptions, optionNames } from "./options.ts";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isList = (value: unknown, is: Check) => Array.isArray(value) && value.length > 0 && value.every(is);
const has = (value: unknown, method: string) => isObject(value) && typeof value[method] === "function";
/** A `FileList` is not an array. */
const isFiles: Check = (value) => has(value, "item") || isList(value, (each) => isObject(each) && isText(each.name));
const isHandle: Check = (value) => has(value, "values") && isObject(value) && isText(value.name);
const isFolder: Check = (value) => isText(value) || has(value, "readText") || isHandle(value) || isFiles(value);
const isWeighted: Check = (value) => isObject(value) && isFolder(value.adapter);
const isRows: Check = (value) => isText(value) || has(value, "text") || Array.isArray(value);
const isPrompt: Check = (value) => isText(value) || (isObject(value) && Array.isArray(value.messages));
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const files = "a path, a name on the Hugging Face Hub, a directory handle, an array of files, or a ModelFolder";
const rows = "an array of rows, a path, an array of paths, or a File. For one row, write [row]";
/** A record, so that a type of `@lowrank/merge/gguf` that is missing here does not compile; pages load that package later. */
const ggufTypes: Readonly<Record<NonNullable<GgufOptions["type"]>, true>> = {
  F32: true,
  F16: true,
  BF16: true,
  Q8_0: true,
  Q6_K: true,
  Q5_K_M: true,
  Q4_K_M: true,
  Q4_0: true,
  "as-base": true,
};

/** Checks of arguments' values, and the expected values in words. */
const kinds = {
  model: [isFolder, files],
  adapter: [(value) => isFolder(value) || isList(value, isWeighted), `${files}; or several as [{ adapter, weight }]`],
  "adapter to merge": [(value) => has(value, "toAdapter"), "an adapter of this model, from adapt or attach"],
  configuration: [isObject, "an object, such as { rank: 8 }"],
  options: [isObject, "an object, such as { seed: 1 }"],
  rows: [isRows, rows],
  "training rows": [(value) => isRows(value) || (isObject(value) && "objective" in value), rows],
  validation: [(value) => value === undefined || isRows(value), rows],
  "rows to predict": [(value) => isRows(value) || (isObject(value) && Symbol.asyncIterator in value), rows],
  prompt: [
    (value) => isPrompt(value) || isList(value, isPrompt),
    "a text, a conversation, or an array of them. For a conversation, write { messages: [{ role, content }] }",
  ],
  texts: [isTexts, "an array of texts. For one text, write [text]"],
  stop: [isTexts, 'an array of texts, such as ["\\n"]'],
  schema: [isObject, 'a JSON schema, such as { type: "object", … }; with zod, z.toJSONSchema(schema)'],
  folder: [
    (value) => isText(value) || has(value, "getFileHandle"),
    "a path; in a web page, a directory from showDirectoryPicker()",
  ],
  batchSize: [
    (value) => value === undefined || (Number.isSafeInteger(value) && Number(value) > 0),
    "an integer from 1",
  ],
  type: [
    (value) => isText(value) && Object.hasOwn(ggufTypes, value as string),
    `one of ${Object.keys(ggufTypes).join(", ")}`,
  ],
} as const satisfies Readonly<Record<string, readonly [is: Check, expected: string]>>;

type Kind = keyof typeof kinds;

/** Throws WRONG_ARGUMENT: a function was called with a value that it cannot use. Pass a value of the kind that the message names. */
export function checkArgument(where: string, kind: Kind, value: unknown): void {
  const [is, expected] = kinds[kind];
  if (is(value)) return;
  const type = isObject(value) ? (Object.getPrototypeOf(value)?.constructor?.name ?? "Object") : "Object";
  const found = type === "Object" ? describeValue(value) : `a ${type}`; // JSON of an instance may be long, or impossible
  const advice = value instanceof Promise ? " Write `await` before it." : "";
  const message = `${where} got ${found} as ${kind}. Expected ${expected}.${advice}`;
  throw failure("WRONG_ARGUMENT", message, { where, argument: kind, found });
}

/** Checks the arguments of a function, by kind, and its options. Also throws UNKNOWN_OPTION for the name of an option. */
export function checkCall(
  where: keyof typeof optionNames,
  values: Readonly<Partial<Record<Kind, unknown>>>,
  options: object,
): void {
  // The keys are kinds, as the type says.
  for (const [kind, value] of Object.entries({ ...values, options })) checkArgument(where, kind as Kind, value);
  refuseUnknownOptions(where, options, optionNames[where]);
  if ("batchSize" in options) checkArgument(where, "batchSize", options.batchSize);
}
