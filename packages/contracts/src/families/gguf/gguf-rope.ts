// Scaling of rotary positions in GGUF files: by metadata keys, or by tensors with a divisor for each pair of features.

import type { ConfigProblem } from "../errors.ts";

type Metadata = ReadonlyMap<string, unknown>;
type Factors = ReadonlyMap<string, ArrayLike<number>>;
type Problem = Omit<ConfigProblem, "kind">;

/** Tensors with each pair's divisor: Llama 3's; Phi 3's for texts up to the original length, and for longer ones. */
export const ropeFactorTensors = [
  "rope_freqs.weight",
  "rope_factors_short.weight",
  "rope_factors_long.weight",
] as const;

/** llama.cpp refuses a file of another architecture with `rope_freqs.weight`, a tensor that it does not expect there. */
export const readsRopeFreqs: ReadonlySet<string> = new Set(["llama", "granite", "exaone", "exaone4"]);

interface Scaling {
  /** For config.json. */
  readonly entries: readonly (readonly [key: string, value: unknown])[];
  /** The metadata keys that were used. */
  readonly read: readonly string[];
  readonly problems: readonly Problem[];
}

/** As in llama.cpp, a tensor's divisors and a linear factor are multiplied. A factor without a type is linear. */
export function scalingOf(fields: Metadata, factors: Factors): Scaling {
  const [all, short, long] = ropeFactorTensors.map((name) => factors.get(name));
  const linear = fields.get("rope.scaling.factor") ?? fields.get("rope.scale_linear") ?? 0;
  const type = fields.get("rope.scaling.type") ?? (linear === 0 ? "none" : "linear");
  if (all !== undefined) return dividedBy(fields, { short: all, long: all, type, linear: Number(linear) });
  if (short !== undefined && long !== undefined) return dividedBy(fields, { short, long, type: "none", linear: 0 });
  if (type === "none" || (type === "linear" && linear === 0)) return { entries: [], read: [], problems: [] };
  const original = fields.get("rope.scaling.original_context_length");
  const scaling = {
    rope_type: type,
    ...(linear === 0 ? {} : { factor: linear }),
    ...(original === undefined || type !== "yarn" ? {} : { original_max_position_embeddings: original }),
  };
  return { entries: [["rope_scaling", scaling]], read: [], problems: [] };
}

interface Divisors {
  readonly short: ArrayLike<number>;
  readonly long: ArrayLike<number>;
  readonly type: unknown;
  readonly linear: number;
}

/** In config.json, lists of divisors are "longrope". With two equal lists, the length of a text has no effect. */
function dividedBy(fields: Metadata, { short, long, type, linear }: Divisors): Scaling {
  const problems: Problem[] = [];
  if (type !== "none" && type !== "linear") {
    const expected = `"none" or "linear" together with the tensor ${ropeFactorTensors[0]}`;
    problems.push({ key: "rope.scaling.type", got: String(type), expected });
  }
  const factor = linear === 0 ? 1 : linear;
  const scaling = {
    rope_type: "longrope",
    short_factor: Array.from(short, (divisor) => divisor * factor),
    long_factor: Array.from(long, (divisor) => divisor * factor),
    attention_factor: fields.get("rope.scaling.attn_factor") ?? 1,
    original_max_position_embeddings:
      fields.get("rope.scaling.original_context_length") ?? fields.get("context_length"),
  };
  return { entries: [["rope_scaling", scaling]], read: ["rope.scaling.attn_factor"], problems };
}

/** Problems of divisor tensors without values: without them the model would compute something else. */
export function factorsMissing(tensorNames: ReadonlySet<string>, factors: Factors): readonly Problem[] {
  return ropeFactorTensors
    .filter((name) => tensorNames.has(name) && !factors.has(name))
    .map((name) => ({ key: name, got: "a tensor", expected: "its values (it rescales the rotary frequencies)" }));
}
