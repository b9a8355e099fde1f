// Which supported name an unknown one is most like: what its models most probably compute like.

/**
 * For a message, behind the unknown name: ", whose nearest relative is "bert"", or what of it is not computed here though its name
 * is like others, or nothing.
 */
export function withRelative(unknown: unknown, supported: readonly string[]): string {
  if (typeof unknown !== "string") return "";
  const [, lack] = lacking.find(([name]) => name.test(unknown)) ?? [];
  if (lack !== undefined) return `, ${lack}`;
  const nearest = nearestRelative(unknown, supported);
  return nearest === undefined ? "" : `, whose nearest relative is "${nearest}"`;
}

/** Names that promise what their models are not. */
const lacking: readonly (readonly [RegExp, string])[] = [
  [/^qwen3_(5_moe|next)/, "which is Qwen 3.5 with mixtures of experts: with these it is not computed here"],
  [
    /^(falcon_(h1|mamba)|granitemoehybrid|[bjmz]amba|nemotron_h)/,
    "whose layers are state spaces (Mamba), all or some: they are not computed here",
  ],
  [/^(deepseek_v[23]|kimi_k2|minicpm3)/, "whose attention compresses keys and values: it is not computed here"],
  [/^gemma3n/, "whose layers have embeddings and streams of their own: they are not computed here"],
  [/^llama4/, "whose attention looks back within chunks, beside mixtures of experts: it is not computed here"],
];

/**
 * The one whose name is part of the unknown one's, or begins most alike, of several the one that ends so, too; undefined where fewer
 * than three letters agree.
 */
function nearestRelative(unknown: string, supported: readonly string[]): string | undefined {
  const commonStart = (name: string, other: string): number => {
    const end = [...name].findIndex((letter, index) => letter !== other[index]);
    return end === -1 ? name.length : end;
  };
  const turned = (name: string) => [...name].reverse().join("");
  const alike = (name: string): number =>
    unknown.includes(name)
      ? name.length
      : commonStart(name, unknown) + commonStart(turned(name), turned(unknown)) / (name.length + 1);
  const [nearest] = [...supported].sort((one, other) => alike(other) - alike(one));
  return nearest === undefined || alike(nearest) < 3 ? undefined : nearest;
}
