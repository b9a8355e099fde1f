// Switches adapters in a session of ONNX Runtime, in Node or in a page. The model must come from `makeSwitchable`.

import type { Adapter } from "@lowrank/adapter-format";
import { halfBits } from "@lowrank/contracts/internal";
import { branchOf } from "../change/make-switchable.ts";
import { type Factors, switchableMatrices, switchableModules } from "./switchable-matrices.ts";

/** The used members of an `InferenceSession`. */
interface OnnxSession<T> {
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
type MakeTensor<T> = (type: "float32" | "float16", data: Float32Array | Uint16Array, dims: readonly number[]) => T;

interface FedMatrices<T> {
  readonly [input: string]: T;
}

/**
 * Runs a switchable model with the selected adapter, at first with none. An adapter's tensors are made once.
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { SwitchableSession } from "@lowrank/merge/onnx";
 * import * as ort from "onnxruntime-node";
 *
 * export async function answers(path: string, adapter: Adapter, feeds: Record<string, ort.Tensor>) {
 *   const session = await ort.InferenceSession.create(path);
 *   const switchable = new SwitchableSession<ort.Tensor>(session, (type, data, dims) => new ort.Tensor(type, data, dims));
 *   const before = await switchable.run(feeds);
 *   switchable.select(adapter);
 *   return [before, await switchable.run(feeds)];
 * }
 * ```
 */
export class SwitchableSession<T> {
  readonly #made = new WeakMap<Adapter, FedMatrices<T>>();
  readonly #none: FedMatrices<T>;
  #selected: FedMatrices<T>;

  constructor(
    readonly session: OnnxSession<T>,
    private readonly makeTensor: MakeTensor<T>,
  ) {
    this.#none = this.#tensors(() => undefined);
    this.#selected = this.#none;
  }

  /** Names of the model's inputs without those for adapters. */
  get inputNames(): readonly string[] {
    return this.session.inputNames.filter((name) => branchOf(name) === undefined);
  }

  /** @throws ONNX_MISFIT for an adapter with changes that cannot be switched; the selection stays unchanged */
  select(adapter: Adapter | null): void {
    this.#selected = adapter === null ? this.#none : this.#tensorsOf(adapter);
  }

  run(feeds: Readonly<Record<string, T>>): Promise<Readonly<Record<string, T>>> {
    return this.session.run({ ...feeds, ...this.#selected });
  }

  #tensorsOf(adapter: Adapter): FedMatrices<T> {
    const cached = this.#made.get(adapter);
    if (cached !== undefined) return cached;
    const inputs = this.session.inputMetadata.map(({ name, shape = [] }) => {
      const sizes = shape.map((size) => (typeof size === "number" && size > 0 ? size : undefined));
      return [name, sizes] as const;
    });
    const factors = switchableMatrices(adapter, switchableModules(inputs), "the switchable model");
    const matrices = this.#tensors((path) => factors.get(path));
    this.#made.set(adapter, matrices);
    return matrices;
  }

  #tensors(factorsOf: (path: string) => Factors | undefined): FedMatrices<T> {
    const tensors: Record<string, T> = {};
    for (const { name, type, shape = [] } of this.session.inputMetadata) {
      const { path, matrix } = branchOf(name) ?? {};
      if (path === undefined || matrix === undefined) continue;
      // Without an adapter the rank is 0, so the branch adds zeros.
      const empty = {
        shape: shape.map((size) => (typeof size === "number" && size >= 0 ? size : 0)),
        values: new Float32Array(0),
      };
      const factor = factorsOf(path)?.[matrix] ?? empty;
      const isFloat16 = type === "float16";
      const data = isFloat16 ? halfBits(factor.values, "f16") : factor.values;
      tensors[name] = this.makeTensor(isFloat16 ? "float16" : "float32", data, factor.shape);
    }
    return tensors;
  }
}
