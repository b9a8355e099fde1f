// The adaptations attached to one site, and how a call picks among them.

import { type AdapterSelection, type ForwardContext, type Site, selectedNames } from "@lowrank/contracts";
import type { Adaptation, Detach, LowRankBranch } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { concatRows, contextOfRows, groupRows } from "./adapter-rows.ts";
import { rowCountError } from "./errors.ts";

/** One application of everything attached to a site. */
export interface SlotCall {
  readonly input: tf.Tensor;
  /** The frozen output, bias included. */
  readonly output: tf.Tensor;
  readonly site: Site;
  readonly context: ForwardContext;
}

interface Slot {
  readonly name: string;
  readonly adaptation: Adaptation;
}

/**
 * The adaptations of a site, in order, by adapter name. Every kind of site has one of these lists.
 *
 * @example
 * ```ts
 * import { inferenceContext } from "@lowrank/contracts";
 * import { AdaptationSlots } from "@lowrank/engine/hook-points";
 *
 * const slots = new AdaptationSlots();
 * slots.isAdapted(inferenceContext()); // false: nothing is attached
 * ```
 */
export class AdaptationSlots {
  #slots: readonly Slot[] = [];

  /** Names of the adapters attached here, each once. */
  get names(): readonly string[] {
    return [...new Set(this.#slots.map((slot) => slot.name))];
  }

  attach(name: string, adaptation: Adaptation): Detach {
    const slot: Slot = { name, adaptation };
    this.#slots = [...this.#slots, slot];
    return () => {
      this.#slots = this.#slots.filter((other) => other !== slot);
    };
  }

  /** Whether `apply` would change the output in this context. */
  isAdapted(context: ForwardContext): boolean {
    const { adapters } = context;
    if (adapters.kind === "none") return false;
    if (adapters.kind === "rows") return this.#slots.some((slot) => adapters.rows.includes(slot.name));
    return this.#slots.some((slot) => adapters.adapters.some((active) => active.name === slot.name));
  }

  /** Everything trainable that `apply` would compute with in this context. */
  variables({ adapters }: ForwardContext): readonly tf.Variable[] {
    const names = selectedNames(adapters);
    return this.#slots.filter(({ name }) => names.includes(name)).flatMap(({ adaptation }) => adaptation.variables);
  }

  /**
   * The low-rank branches of the selected adaptations, in order, each with its weight and its rows. Undefined if an adaptation is of
   * another kind.
   */
  lowRanks(context: ForwardContext): readonly LowRankBranch[] | undefined {
    const branches: LowRankBranch[] = [];
    for (const { name, weight, rows } of selected(context.adapters)) {
      for (const slot of this.#slots.filter((other) => other.name === name)) {
        const lowRank = slot.adaptation.lowRank?.(context);
        if (lowRank === undefined) return undefined;
        branches.push({ ...lowRank, scale: lowRank.scale * weight, rows });
      }
    }
    return branches;
  }

  /**
   * The output after the selected adaptations, same shape: an active set sums in its order, a selection by rows gives
   * each row of axis 0 its own. Names that nobody attached here do nothing. Throws ROW_COUNT_MISMATCH.
   *
   * Always a tensor of its own, so the caller may dispose of `call.output` afterwards.
   */
  apply(call: SlotCall): tf.Tensor {
    return tf.tidy(() => {
      const { adapters } = call.context;
      if (adapters.kind === "none" || !this.isAdapted(call.context)) return tf.clone(call.output);
      if (adapters.kind === "rows") return this.#applyByRow(call, adapters.rows);
      return adapters.adapters.reduce(
        (output, active) => this.#applyNamed(active.name, active.weight, { ...call, output }),
        call.output,
      );
    });
  }

  #applyNamed(name: string, weight: number, call: SlotCall): tf.Tensor {
    return this.#slots
      .filter((slot) => slot.name === name)
      .reduce((output, slot) => slot.adaptation.apply({ ...call, output, weight }), call.output);
  }

  /** Gathers the rows of each adapter, adapts them together, and puts all rows back in order. */
  #applyByRow(call: SlotCall, rows: readonly (string | null)[]): tf.Tensor {
    const batch = call.output.shape[0] ?? 0;
    if (rows.length !== batch) throw rowCountError(call.site.path, rows.length, batch);
    const groups = groupRows(rows, this.names);
    const parts = groups.map(({ name, rows }) => {
      const picked = tf.tensor1d([...rows], "int32");
      const output = tf.gather(call.output, picked);
      if (name === null) return output;
      const context = contextOfRows(call.context, rows, batch);
      return this.#applyNamed(name, 1, { ...call, input: tf.gather(call.input, picked), output, context });
    });
    return concatRows(groups, parts);
  }
}

interface Selected {
  readonly name: string;
  readonly weight: number;
  /** Absent: all. */
  readonly rows?: readonly boolean[];
}

function selected(adapters: AdapterSelection): readonly Selected[] {
  if (adapters.kind === "none") return [];
  if (adapters.kind === "active") return adapters.adapters;
  const { rows } = adapters;
  return selectedNames(adapters).map((name) => ({ name, weight: 1, rows: rows.map((row) => row === name) }));
}
