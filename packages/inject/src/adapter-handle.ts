// What a caller holds after an adapter was attached: its variables, the switch to take it off, the way to a file.

import type { Adapter, AdapterTensor, LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, Adaptation, Detach, ParameterRef, Site } from "@lowrank/contracts";
import { type LoraPair, toTorchLayout } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import { claimName } from "./adapter-names.ts";
import { baseFingerprintKey } from "./base-fingerprint.ts";
import { HandleDisposedError } from "./errors.ts";
import type { InjectionPlan } from "./injection-plan.ts";
import { openDoors } from "./open-doors.ts";
import { plainLoraConfig, withDoubledRank } from "./plain-lora.ts";

/** An adaptation whose scaling can be changed while it is attached. */
export type ScaledAdaptation = Adaptation & { scale: number };

/** The pair that an adapter has at one site. */
export interface AdaptedSite {
  readonly site: Site;
  /** A [inFeatures, rank] and B [rank, outFeatures]; owned by the handle. */
  readonly pair: LoraPair;
  /** Names of both in an adapter file, without "base_model.model.". */
  readonly keys: { readonly a: string; readonly b: string };
  /** The scaling s that the configuration gives. */
  readonly scaling: number;
  readonly adaptation: ScaledAdaptation;
}

/** A weight of the model that the adapter replaces by a variable of its own. */
export interface OverriddenParameter {
  readonly parameter: ParameterRef;
  /** As computed with: the shape of the parameter. */
  readonly variable: tf.Variable;
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  /** False for the frozen weight of an adapted embedding that PEFT stores with it. */
  readonly isTrained: boolean;
}

/** Everything a handle is made of. */
export interface AdapterHandleParts {
  readonly name: string;
  readonly plan: InjectionPlan;
  readonly sites: readonly AdaptedSite[];
  readonly parameters: readonly OverriddenParameter[];
  /** Fingerprint of the base model, written into files. */
  readonly baseFingerprint?: string;
}

/**
 * An adapter on a model. It owns its variables; the model owns everything else.
 *
 * It acts in every call whose context selects its name, and only in those.
 */
export class AdapterHandle {
  readonly name: string;
  readonly plan: InjectionPlan;
  /** One pair for each adapted layer, in the model's order. */
  readonly sites: readonly AdaptedSite[];
  /** Weights that the adapter has values of its own for. */
  readonly parameters: readonly OverriddenParameter[];
  /** Everything trainable, by its name in an adapter file without "base_model.model."; the order never changes. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly baseFingerprint: string | null;
  readonly #model: AdaptableModel;
  #detach: Detach | null = null;
  #scale = 1;
  #isDisposed = false;

  constructor(model: AdaptableModel, parts: AdapterHandleParts) {
    this.#model = model;
    this.name = parts.name;
    this.plan = parts.plan;
    this.sites = parts.sites;
    this.parameters = parts.parameters;
    this.baseFingerprint = parts.baseFingerprint ?? null;
    this.variables = new Map<string, tf.Variable>([
      ...parts.sites.flatMap(({ keys, pair }): [string, tf.Variable][] => [
        [keys.a, pair.a],
        ...(pair.trainsB ? [[keys.b, pair.b] satisfies [string, tf.Variable]] : []),
      ]),
      ...parts.parameters
        .filter(({ isTrained }) => isTrained)
        .map(({ key, variable }): [string, tf.Variable] => [key, variable]),
    ]);
  }

  /** The configuration as it will be written, targets spelt out. */
  get config(): LoraConfig {
    return this.plan.config;
  }

  get isAttached(): boolean {
    return this.#detach !== null;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** The factor on every pair's own scaling; 1 as trained. */
  get scale(): number {
    return this.#scale;
  }

  /** Strengthens or weakens the adapter: every pair acts with `factor` times its own scaling. Files keep the original. */
  setScale(factor: number): void {
    this.#checkUsable();
    this.#scale = factor;
    for (const { adaptation, scaling } of this.sites) adaptation.scale = scaling * factor;
  }

  /**
   * Puts the adapter (back) on its model.
   *
   * @throws AdapterExistsError if another adapter took the name meanwhile; HandleDisposedError.
   */
  attach(): void {
    this.#checkUsable();
    if (this.#detach) return;
    const freeName = claimName(this.#model, this.name);
    try {
      const close = openDoors(this.name, this);
      this.#detach = () => {
        close();
        freeName();
      };
    } catch (error) {
      freeName();
      throw error;
    }
  }

  /** Takes the adapter off; the model computes bit for bit what it did before. The variables live on. */
  detach(): void {
    this.#detach?.();
    this.#detach = null;
  }

  /**
   * Reads the variables into plain data in torch's layout, ready for `writeAdapter`. Pairs that took over a part of the
   * weight (PiSSA, OLoRA) become plain pairs of twice the rank, for the base as it is.
   *
   * @param metadata entries for the file's header besides the base's fingerprint
   * @throws HandleDisposedError
   */
  async toAdapter(metadata: ReadonlyMap<string, string> = new Map()): Promise<Adapter> {
    this.#checkUsable();
    const tensors = new Map<string, AdapterTensor>();
    const isDoubled = this.sites.some(({ pair }) => pair.initial !== null);
    for (const { keys, pair } of this.sites) {
      const stored = await pair.toTorch();
      const { a, b } = isDoubled && !pair.initial ? withDoubledRank(stored) : stored;
      tensors.set(keys.a, a); // [rank, inFeatures]
      tensors.set(keys.b, b); // [outFeatures, rank]
    }
    for (const { key, parameter, variable } of this.parameters) {
      tensors.set(key, await readParameter(parameter, variable));
    }
    const fingerprint: [string, string][] = this.baseFingerprint ? [[baseFingerprintKey, this.baseFingerprint]] : [];
    const config = isDoubled ? plainLoraConfig(this.config) : this.config;
    return { config, tensors, metadata: new Map([...metadata, ...fingerprint]) };
  }

  /** Detaches the adapter and frees its variables. Calling it twice does nothing more. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.detach();
    for (const { pair } of this.sites) pair.dispose();
    for (const { variable } of this.parameters) variable.dispose();
    this.#isDisposed = true;
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw new HandleDisposedError(this.name);
  }
}

async function readParameter(parameter: ParameterRef, variable: tf.Variable): Promise<AdapterTensor> {
  // A parameter that files store the other way round is a matrix.
  if (parameter.transposedInFile) return toTorchLayout(variable as tf.Variable<tf.Rank.R2>);
  return { shape: [...variable.shape], values: Float32Array.from(await variable.data()) };
}
