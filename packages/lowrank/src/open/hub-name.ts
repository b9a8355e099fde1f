// A name on the Hugging Face Hub: a repository, optionally with a folder, a .gguf or .safetensors file, and a revision.
//
//   owner/name · owner/name@v1.0 · owner/name/checkpoint-500 · owner/name/file-Q4_K_M.gguf · owner/name/folder@refs/pr/3

export interface HubName {
  /** "owner/name". */
  readonly repository: string;
  /** A folder in the repository, with "/" between its parts; empty for the root. */
  readonly folder: string;
  /** A .gguf file in that folder, or an adapter's .safetensors file. */
  readonly file?: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

const pattern = /^(?<repository>[\w.-]+\/[\w.-]+)(?<inside>(?:\/[\w.-][\w. +-]*)*)(?:@(?<revision>[\w./-]+))?$/;

/** Names from before every repository had an owner; old adapters name their bases like this, and so do people. */
const firstNames: readonly (readonly [RegExp, owner: string])[] = [
  [/^gpt2(-medium|-large|-xl)?(@|$)/, "openai-community"],
  [/^bert-(base|large)(-multilingual|-german)?-(un)?cased(@|$)/, "google-bert"],
  [/^bert-base-chinese(@|$)/, "google-bert"],
  [/^distil(gpt2|roberta-base|bert-base-(multilingual-)?(un)?cased)(@|$)/, "distilbert"],
  [/^(xlm-)?roberta-(base|large)(@|$)/, "FacebookAI"],
  [/^t5-(small|base|large|3b|11b)(@|$)/, "google-t5"],
  [/^albert-x{0,2}(base|large)-v[12](@|$)/, "albert"],
  [/^camembert-base(@|$)/, "almanach"],
];

/** The parts of a name; undefined for a path, which begins with a dot or leads upwards. */
export function parseHubName(text: string): HubName | undefined {
  const owner = firstNames.find(([name]) => name.test(text))?.[1];
  const whole = owner === undefined ? text : `${owner}/${text}`;
  const { repository, inside = "", revision = "main" } = pattern.exec(whole)?.groups ?? {};
  if (repository === undefined || text.startsWith(".") || text.split(/[/@]/).includes("..")) return undefined;
  const parts = inside.split("/").slice(1);
  const file = /\.(gguf|safetensors)$/.test(parts.at(-1) ?? "") ? { file: parts.pop() ?? "" } : {};
  return { repository, folder: parts.join("/"), ...file, revision };
}

/** An adapter's `base_model_name_or_path` and `revision` for a base with this name. */
export function baseName(input: string): { readonly name: string; readonly revision?: string } {
  const name = parseHubName(input);
  if (name === undefined || !input.includes("@")) return { name: input };
  return { name: input.slice(0, input.lastIndexOf("@")), revision: name.revision };
}

export function lastPart(path: string): string {
  return (
    path
      .split(/[\\/]/)
      .filter((part) => part !== "")
      .at(-1) ?? path
  );
}

export function pathInRepository({ folder }: Pick<HubName, "folder">, file: string): string {
  return folder === "" ? file : `${folder}/${file}`;
}
