// Compares llama.cpp's tokenizer of a GGUF file with the model's own: by texts of several kinds, and by prompts of its chat template.

import type { Warning } from "@lowrank/contracts";
import { describeValue, enumerated, isObject, printable } from "@lowrank/contracts/internal";
import { TokenizationError } from "../errors.ts";
import type { Example } from "../example.ts";
import type { PromptTemplate } from "../templates/prompt-template.ts";
import { unlessRefused } from "../templates/turns/answer-spans.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";

const kinds: readonly (readonly [kind: string, ...examples: readonly string[]])[] = [
  ["spaces at the beginning", " Hello", "  Hello"],
  ["runs of spaces and line breaks", "a  b    c\n\n\nd\t\te \n f", "x = [\n    1,\r\n]\n"],
  ["punctuation and code", 'if (a!=b) { return "it\'s"; } // ...', "I'LL don't; we're: 50%_x ^$`~"],
  ["digits", "12345678 3.14159 1,000,000 ²"],
  ["accents", "Ein Café in ZÜRICH, naïve Åse ß"],
  ["decomposed letters (NFD)", "cafe\u0301 u\u0308ber", "\u1112\u1161\u11ab"],
  ["Hangul", "한국어 문장입니다."],
  ["other scripts", "東京の天気は？", "你好，世界！", "ПриветМир", "مرحبا", "नमस्ते", "สวัสดี"],
  ["emoji", "👩‍💻 ok 🎉🇰🇷", "❤️"],
  ["compatibility characters", "ﬁ Ａ① …\u00a0x\u200bx\ufeff"],
  ["control characters", "a\u0007b\u007f"],
  ["words of more than 100 letters", "ab".repeat(60)],
];

/** A prompt of the template that the model is used with. */
export interface GgufPrompt {
  readonly text: string;
  /** Whether transformers adds no special tokens to it. */
  readonly isWhole: boolean;
}

/** Texts that llama.cpp splits differently: a prompt, and an example for each kind of other texts. */
export interface TokenizerDifferences {
  readonly prompt: string | undefined;
  readonly examples: ReadonlyMap<string, string>;
}

/** @param added The tokenizer.json's `added_tokens`. */
export function tokenizerDifferences(
  [own, theirs]: readonly [own: TextTokenizer, theirs: Pick<TextTokenizer, "prefixIds" | "encode">],
  prompts: readonly GgufPrompt[],
  added: unknown,
): TokenizerDifferences {
  const differs = (text: string, prefixes: readonly (readonly number[])[] = [[], []]) => {
    const ids = unlessUnknown(() => [own, theirs].map((each) => each.encode(text, { addSpecialTokens: false })));
    return ids !== undefined && String([prefixes[0], ids[0]]) !== String([prefixes[1], ids[1]]);
  };
  const bos = own.bosToken ?? "";
  const promptDiffers = ({ text, isWhole }: GgufPrompt) =>
    // llama.cpp adds no second bos token to prompts.
    differs(text, [isWhole ? [] : own.prefixIds, isWhole && text.startsWith(bos) ? [] : theirs.prefixIds]);
  // Where the beginning of a text is split alike, only other differences show.
  const start = ["", bos, `${bos} `].find((each) => !differs(`${each}Hello`)) ?? "";
  const tokens = Array.isArray(added) ? added.filter(isObject).slice(0, 300) : [];
  const rows: readonly (readonly string[])[] = [
    ["text that does not begin with a special token", "Hello"],
    ["text directly after a special token", `${bos}Hello`],
    ...[
      ...kinds,
      ...tokens.map(({ content: token }) => [`text around ${token}`, `a ${token} b`, `a${token}b`, `a\n${token}\nb`]),
    ].map(([kind = "", ...texts]) => [kind, ...texts.map((text) => start + text)]),
  ];
  const examples = rows.flatMap(([kind = "", ...texts]) => {
    const example = texts.find((text) => differs(text));
    return example === undefined ? [] : [[kind, example] as const];
  });
  if (differs("Hello", [own.prefixIds, theirs.prefixIds]) && !differs("Hello"))
    examples.push([`text without a chat template, which begins with ${bos}`, "Hello"]);
  return { prompt: prompts.find(promptDiffers)?.text, examples: new Map(examples) };
}

/** Undefined for a text with characters that the vocabulary does not have. */
function unlessUnknown<T>(encode: () => T): T | undefined {
  try {
    return encode();
  } catch (error) {
    if (error instanceof TokenizationError) return undefined;
    throw error;
  }
}

const messages = [
  { role: "system", content: "You are helpful." },
  { role: "user", content: "Hello, how are you?" },
  { role: "assistant", content: "I am fine.\nAnd you?" },
  { role: "user", content: "Write 3 words." },
  { role: "assistant", content: "One two three." },
] as const;

/** Prompts and answers as a template writes them, without those that it refuses. */
export function promptsOf(template: PromptTemplate): readonly GgufPrompt[] {
  const rows: readonly Example[] = [
    { kind: "completion", prompt: messages[1].content, completion: messages[2].content },
    ...[messages.slice(1), messages].map((list) => ({ kind: "chat", messages: list }) as const),
  ];
  return rows.flatMap((row) => {
    const rendered = unlessRefused(() => template.render(row));
    if (rendered === undefined) return [];
    const text = rendered.segments.map((segment) => segment.text).join("");
    return [{ text, isWhole: rendered.hasSpecialTokens === true }];
  });
}

/** The warning about all kinds that have an example. */
export function tokenizerWarning({ examples }: TokenizerDifferences): Warning {
  const found = enumerated([...examples.keys()].map(printable));
  const [example = ""] = examples.values();
  return {
    code: "GGUF_TOKENIZER",
    message:
      `llama.cpp will split some texts into other tokens than this tokenizer: ${found}. An example is ${describeValue(example)}. ` +
      "Prompts of the model's template keep their tokens. For other texts of these kinds, use a Hugging Face folder.",
  };
}
