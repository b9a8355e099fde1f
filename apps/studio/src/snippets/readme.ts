// The README.md in a zip: a description, and programs that run as pasted.

import { basePlace, type SnippetFacts, type SnippetForm, type SnippetLanguage, snippetsFor } from "./snippets.ts";

export interface ReadmeFacts extends SnippetFacts {
  readonly name: string;
  readonly rank: number;
}

const headings: Readonly<Record<SnippetLanguage, string>> = {
  python: "In Python",
  typescript: "In TypeScript",
  terminal: "In a terminal",
  web: "In a web page, next to which is the folder",
  "llama.cpp": "In llama.cpp (with the scripts of its repository)",
};

/** Front matter that a hub reads, and the snippets. `training`: a section about the run, if one is known. */
export function readme(form: Exclude<SnippetForm, "gguf">, facts: ReadmeFacts, training = ""): string {
  const { name, rank, model, chats } = facts;
  const place = basePlace(facts);
  const what =
    form === "peft"
      ? `A LoRA adapter (rank ${rank}) for ${place.isOnHub ? place.name : model}, taught in the lowrank studio.`
      : `${place.isOnHub ? place.name : model} with the LoRA adapter “${name}” (rank ${rank}) folded into its weights, in float32, taught in the lowrank studio.`;
  const prompt = chats
    ? "It was taught with the base's own chat template: ask it through that."
    : "It was taught rows of the form `the prompt -> the answer`: a prompt ends in an arrow, and the answer begins with a space.";
  const snippets = snippetsFor(form, facts).map(
    ({ language, fence, text }) => `## ${headings[language]}\n\n\`\`\`${fence}\n${text}\n\`\`\`\n`,
  );
  return [
    `---\n${frontMatter(form, place).join("\n")}\n---\n`,
    `# ${name.replaceAll(/[\r\n]/g, " ")}\n`,
    `${what}\n`,
    `${prompt} Unpack the zip into a folder \`${facts.folder}\`, and run one of these next to it.\n`,
    ...snippets,
    training,
  ].join("\n");
}

function frontMatter(
  form: Exclude<SnippetForm, "gguf">,
  { isOnHub, name }: ReturnType<typeof basePlace>,
): readonly string[] {
  return [
    ...(isOnHub ? [`base_model: ${JSON.stringify(name)}`] : []),
    `library_name: ${form === "peft" ? "peft" : "transformers"}`,
    "pipeline_tag: text-generation",
    "tags:",
    ...(isOnHub && form === "peft" ? [`- ${JSON.stringify(`base_model:adapter:${name}`)}`] : []),
    "- lora",
  ];
}
