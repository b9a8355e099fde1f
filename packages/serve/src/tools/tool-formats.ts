// How models write calls of tools: one row for each family of chat templates.

/** The texts around a call. The call itself is JSON or XML, which its first characters show. */
export interface ToolFormat {
  /** Texts that begin calls. */
  readonly open: readonly string[];
  /** A text after calls. */
  readonly close: string;
  /** Whether an answer can begin with a call: a model without `open`, or with one that is a special token, which decoding drops. */
  readonly isBare: boolean;
  /** The key of the arguments in JSON. */
  readonly argumentsKey: "arguments" | "parameters";
}

interface Row extends ToolFormat {
  /** A text that only this family's chat templates contain. */
  readonly mark: string;
}

const json = { close: "", isBare: false, argumentsKey: "arguments" } as const;

const rows: readonly Row[] = [
  // Hermes, Qwen 2.5 and 3, SmolLM2-1.7B and SmolLM3: JSON, or a list of it. Qwen 3.5 and Nemotron 3: <function=name> in it.
  { ...json, mark: "<tool_call>", open: ["<tool_call>"], close: "</tool_call>" },
  // Mistral: a list of JSON; since Tekken 11 name[ARGS]{…}.
  { ...json, mark: "[TOOL_CALLS]", open: ["[TOOL_CALLS]"], isBare: true },
  // Llama 3.1 and 3.2: JSON is the whole answer.
  { ...json, mark: '"parameters": dictionary', open: ["<|python_tag|>"], isBare: true, argumentsKey: "parameters" },
];

/** Values between <arg_key> tags (GLM), which are no row. */
const glmArguments = /<arg_key>/;

/** The row of a chat template; undefined if it has no tools, or writes calls in another form. */
export function toolFormat(template: string): ToolFormat | undefined {
  if (!template.includes("tools") || glmArguments.test(template)) return undefined;
  return rows.find(({ mark }) => template.includes(mark));
}
