// LoRA at a site (Hu et al. 2021): output + s·(input·A·B), as the kind of layer needs it. Alone: examples/lora-from-scratch.

import type { ForwardContext, Site } from "@lowrank/contracts";
import {
  type AdaptationCall,
  type LowRankBranch,
  type OptionNames,
  refuseUnknownOptions,
} from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { settingError } from "../errors.ts";
import { siteKinds } from "../kinds/kinds.ts";
import type { Branch } from "../kinds/layer-kind.ts";
import { toAB, trainedIn, type Update } from "../update/factor.ts";
import { type RowUpdate, readRowUpdate } from "../update/row-update.ts";
import type { LowRankAdaptation } from "./low-rank-adaptation.ts";

type SiteFacts = Pick<Site, "kind" | "geometry"> & Partial<Pick<Site, "fanInFanOut">>;

/** Options of `LoraAdaptation`. */
export interface LoraAdaptationOptions {
  /** Owned by the caller. */
  readonly lora: Update;
  /** s: see `scaling`. */
  readonly scale: number;
  /** The site: its kind, and a convolution's geometry. Default: a linear layer. */
  readonly site?: SiteFacts;
  /** How A and B act, if not by the site's kind: `tiedHead`. */
  readonly branch?: Branch;
  /** Dropout probability of the low-rank branch's input in training; the frozen product has no dropout. Not used for token ids. Default 0. */
  readonly dropout?: number;
  /** Gives two adapters at one site different dropout masks. Default "default". */
  readonly adapterName?: string;
}

const optionNames: OptionNames<LoraAdaptationOptions> = {
  lora: true,
  scale: true,
  site: true,
  branch: true,
  dropout: true,
  adapterName: true,
};

/**
 * Adds a low-rank update to a site's output, in activation space.
 *
 * Throws INVALID_SETTING.
 *
 * @example
 * ```ts
 * import { createLora, LoraAdaptation } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const lora = createLora({ inFeatures: 4, outFeatures: 3, rank: 2, key: { seed: 7, path: "fc" }, name: "lora-example" });
 * const adaptation = new LoraAdaptation({ lora, scale: 2 });
 * adaptation.scale = 1; // halves what the adapter does
 * lora.dispose();
 * ```
 */
export class LoraAdaptation implements LowRankAdaptation {
  readonly lora: Update;
  readonly dropout: number;
  readonly variables: readonly tf.Variable[];
  readonly #layer: SiteFacts;
  readonly #branch: Branch;
  readonly #adapterName: string;
  #scale: number;

  constructor(options: LoraAdaptationOptions) {
    refuseUnknownOptions("LoraAdaptation", options, optionNames);
    const { lora, scale, site = { kind: "linear" }, dropout = 0, adapterName = "default" } = options;
    this.lora = lora;
    this.dropout = checkDropout("LoraAdaptation", dropout);
    this.variables = trainedIn(lora);
    this.#layer = site;
    this.#branch = options.branch ?? siteKinds[site.kind];
    this.#adapterName = adapterName;
    this.#scale = checkScale("LoraAdaptation", scale);
  }

  /** s. It may change at any time; the next call uses the new value. */
  get scale(): number {
    return this.#scale;
  }

  set scale(scale: number) {
    this.#scale = checkScale("LoraAdaptation", scale);
  }

  lowRank({ training }: ForwardContext): LowRankBranch | undefined {
    if (training && this.dropout > 0) return undefined;
    const [a, b, ...others] = this.lora.factors;
    const isPlain = [a, b].every(
      (factor) => factor?.variable.rank === 2 && factor.expansion === undefined && (factor.groups ?? 1) === 1,
    );
    if (this.#branch !== siteKinds.linear || this.lora.baseChange !== null || others.length > 0 || !isPlain)
      return undefined;
    return a && b && { a: a.variable, b: b.variable, scale: this.#scale };
  }

  apply(call: AdaptationCall): tf.Tensor {
    const { input, output, site, context, weight } = call;
    const { baseChange } = this.lora;
    const rate = context.training && this.#branch.dropsInput ? this.dropout : 0;
    const scale = this.#scale * weight;
    const common = { site, layer: this.#layer };
    return tf.tidy(() => {
      // The part of the weight that A and B replace (PiSSA) is subtracted for the whole input, without dropout.
      const frozen =
        baseChange?.kind === "subtracted" ? this.#branch.add({ ...common, input, output }, baseChange, -scale) : output;
      const path = `${this.#adapterName}/${site.path}`;
      const dropout = rate === 0 ? undefined : { rate, key: { ...context.random, path } };
      const branch = { ...common, input, dropout, output: frozen, mayReuseOutput: true };
      return this.#branch.add(branch, toAB(this.lora), scale);
    });
  }

  replacedOutput({ input, output, site, weight }: AdaptationCall): tf.Tensor | undefined {
    const { baseChange } = this.lora;
    if (baseChange?.kind !== "subtracted") return undefined;
    return tf.tidy(() => {
      const call = { input, output: tf.zerosLike(output), site, layer: this.#layer };
      return this.#branch.add(call, baseChange, -this.#scale * weight);
    });
  }

  delta(strength: number): tf.Tensor {
    return this.#branch.delta(this.lora, this.#scale * strength, this.#layer);
  }

  deltaForNorms(strength: number): tf.Tensor {
    const branch = this.#branch;
    return (branch.deltaForNorms ?? branch.delta)(this.lora, this.#scale * strength, this.#layer);
  }

  rows(): Promise<RowUpdate> {
    return readRowUpdate(this.lora, this.#scale, (matrices) => this.#branch.rowSides(matrices, this.#layer));
  }

  fold(weight: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(weight, this.delta(1)));
  }
}

function checkScale(where: string, scale: number): number {
  if (!Number.isFinite(scale)) throw settingError(where, "scale", scale, "a finite number");
  return scale;
}

export function checkDropout(where: string, dropout: number): number {
  if (!(dropout >= 0 && dropout < 1)) throw settingError(where, "dropout", dropout, "a number from 0 to below 1");
  return dropout;
}
