// Module paths that differ between mlx_lm and transformers. Most models have their layers at `model.layers` in both.
// Source: mlx_lm 0.32, models/gpt2.py and models/gpt_neox.py.

/** transformers' prefix, mlx_lm's prefix, and a pattern for the rest of the path that identifies the model. */
const moved = [
  { transformers: "transformer.h.", mlx: "model.h.", inside: /^\d+\.(attn|mlp)\.c_/ },
  { transformers: "transformer.wte", mlx: "model.wte", inside: /^$/ },
  { transformers: "gpt_neox.layers.", mlx: "model.h.", inside: /^\d+\.(attention\.|mlp\.dense)/ },
  { transformers: "gpt_neox.embed_in", mlx: "model.embed_in", inside: /^$/ },
  { transformers: "embed_out", mlx: "model.embed_out", inside: /^$/ },
] as const;

/** The path of a module in mlx_lm; undefined if unknown. */
export function mlxPath(path: string): string | undefined {
  if (/^(model\.|lm_head$)/.test(path)) return path;
  return translated(path, { from: "transformers", to: "mlx" });
}

/** The path of a module of mlx_lm in transformers. */
export function pathOfMlx(path: string): string {
  return translated(path, { from: "mlx", to: "transformers" }) ?? path;
}

type Side = "transformers" | "mlx";

function translated(path: string, { from, to }: { readonly from: Side; readonly to: Side }): string | undefined {
  const row = moved.find((pair) => path.startsWith(pair[from]) && pair.inside.test(path.slice(pair[from].length)));
  return row === undefined ? undefined : row[to] + path.slice(row[from].length);
}
