// A session of ONNX Runtime – in Node or in a page – whose model `makeSwitchable` made.

import type { Adapter } from "@lowrank/adapter-format";
import { halfBits } from "@lowrank/contracts";
import { adapterChanges } from "../adapter/adapter-changes.ts";
import { type Misfit, OnnxMisfitError } from "../adapter/errors.ts";
import { branchFactors } from "../change/fold.ts";
import { branchOf } from "../change/make-switchable.ts";

/** What is used of an `InferenceSession`. */
export interface OnnxSession<T> {
  readonly inputNames: readonly string[];
  readonly inputMetadata: readonly OnnxInput[];
  run(feeds: Readonly<Record<string, T>>): Promise<Readonly<Record<string, T>>>;
}

/** An input as ONNX Runtime describes it. */
export interface OnnxInput {
  readonly name: string;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** ONNX Runtime's `new Tensor(type, data, dims)`. */
export type MakeTensor<T> = (
  type: "float32" | "float16",
  data: Float32Array | Uint16Array,
  dims: readonly number[],
) => T;

interface Halves<T> {
  readonly [input: string]: T;
}

/**
 * Runs a switchable model with the adapter that was selected, at first with none. Tensors of an adapter are made once.
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { SwitchableSession } from "@lowrank/onnx";
 * import * as ort from "onnxruntime-node";
 *
 * export async function answers(path: string, adapter: Adapter, feeds: Record<string, ort.Tensor>) {
 *   const session = await ort.InferenceSession.create(path);
 *   const switchable = new SwitchableSession<ort.Tensor>(session as never, (...of) => new ort.Tensor(...(of as [never, never, never])));
 *   const before = await switchable.run(feeds);
 *   switchable.select(adapter);
 *   return [before, await switchable.run(feeds)];
 * }
 * ```
 */
export class SwitchableSession<T> {
  readonly #made = new WeakMap<Adapter, Halves<T>>();
  readonly #none: Halves<T>;
  #selected: Halves<T>;

  constructor(
    readonly session: OnnxSession<T>,
    private readonly makeTensor: MakeTensor<T>,
  ) {
    this.#none = this.#tensors(() => undefined);
    this.#selected = this.#none;
  }

  /** Names of the inputs that the model had before it could be switched. */
  get inputNames(): readonly string[] {
    return this.session.inputNames.filter((name) => branchOf(name) === undefined);
  }

  /** @throws OnnxMisfitError for an adapter that changes what cannot be switched; the one before stays selected */
  select(adapter: Adapter | null): void {
    this.#selected = adapter === null ? this.#none : this.#tensorsOf(adapter);
  }

  run(feeds: Readonly<Record<string, T>>): Promise<Readonly<Record<string, T>>> {
    return this.session.run({ ...feeds, ...this.#selected });
  }

  #tensorsOf(adapter: Adapter): Halves<T> {
    const known = this.#made.get(adapter);
    if (known !== undefined) return known;
    const { pairs, wholes, problems } = adapterChanges(adapter);
    const byPath = new Map(pairs.map((pair) => [pair.path, pair]));
    const paths = new Set(this.session.inputNames.flatMap((name) => branchOf(name)?.path ?? []));
    const misfits: Misfit[] = [
      ...problems,
      ...wholes.map(({ path, parameter }) => ({ what: `${path}.${parameter}`, reason: "only pairs can be switched" })),
      ...pairs.flatMap(({ path, magnitude, isEmbedding }): Misfit[] => {
        if (magnitude !== undefined) return [{ what: path, reason: "magnitudes cannot be switched; fold them in" }];
        if (isEmbedding) return [{ what: path, reason: "tables cannot be switched; fold it in" }];
        return paths.has(path) ? [] : [{ what: path, reason: "the model was not made switchable there" }];
      }),
    ];
    if (misfits.length > 0) throw new OnnxMisfitError("the switchable model", misfits);
    const made = this.#tensors((path) => {
      const pair = byPath.get(path);
      return pair && branchFactors(pair);
    });
    this.#made.set(adapter, made);
    return made;
  }

  #tensors(factorsOf: (path: string) => ReturnType<typeof branchFactors> | undefined): Halves<T> {
    const tensors: Record<string, T> = {};
    for (const { name, type, shape = [] } of this.session.inputMetadata) {
      const { path, half } = branchOf(name) ?? {};
      if (path === undefined || half === undefined) continue;
      // Without an adapter the rank is 0, and both products are of nothing.
      const empty = {
        shape: shape.map((size) => (typeof size === "number" && size >= 0 ? size : 0)),
        values: new Float32Array(0),
      };
      const factor = factorsOf(path)?.[half] ?? empty;
      const isHalf = type === "float16";
      const data = isHalf ? halfBits(factor.values, "f16") : factor.values;
      tensors[name] = this.makeTensor(isHalf ? "float16" : "float32", data, factor.shape);
    }
    return tensors;
  }
}
