// The handle of an attached adapter: its variables, detaching, saving.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { type Detach, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { settingError } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { AdaptedPart } from "../adapted/adapted-part.ts";
import type { AdaptedSite } from "../adapted/adapted-site.ts";
import type { WeightChange } from "../adapted/adapter-part.ts";
import { attachAll } from "../adapted/attach-all.ts";
import { handleDisposedError, unknownKeyError } from "../errors/errors.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { variantsOf } from "../variants/variants.ts";
import {
  type AdapterContents,
  disposeContents,
  inOrderOfEffect,
  tensorsOf,
  trainedVariables,
} from "./adapter-contents.ts";
import { claimName } from "./adapter-names.ts";
import { checkSelection } from "./check-selection.ts";
import { adapterOf, type ToAdapterOptions, toAdapterNames } from "./to-adapter.ts";

/**
 * An adapter on a model. It owns its variables; the model owns everything else.
 *
 * It acts in every call whose context selects its name, and only in those.
 */
export class AdapterHandle {
  readonly model: AdaptableModel;
  readonly name: string;
  #contents: AdapterContents;
  #variables: ReadonlyMap<string, tf.Variable>;
  #detach: Detach | null = null;
  #scale = 1;
  #isDisposed = false;

  constructor(model: AdaptableModel, name: string, contents: AdapterContents) {
    this.model = model;
    this.name = name;
    this.#contents = contents;
    this.#variables = trainedVariables(contents);
  }

  get plan(): InjectionPlan {
    return this.#contents.plan;
  }

  /** The configuration as it will be written, with resolved targets. */
  get config(): LoraConfig {
    return this.plan.config;
  }

  /** All parts of the adapter; `partsOf(handle, "token-rows")` gives those of one kind. */
  get parts(): readonly AdaptedPart[] {
    return this.#contents.parts;
  }

  /** The adapted layers, in the model's order. */
  get sites(): readonly AdaptedSite[] {
    return partsOf(this.#contents, "site");
  }

  /** All trainable variables, by name in an adapter file without "base_model.model.". The order never changes. A hot swap makes new variables. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#variables;
  }

  /** All base weights that the adapter changes, for merging. */
  get changes(): readonly WeightChange[] {
    return inOrderOfEffect(this.#contents).flatMap(({ changes }) => changes);
  }

  get baseFingerprint(): string | null {
    return this.#contents.baseFingerprint ?? null;
  }

  get isAttached(): boolean {
    return this.#detach !== null;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** The factor for all scalings; 1 as trained. */
  get scale(): number {
    return this.#scale;
  }

  /**
   * Makes the adapter stronger or weaker: all scalings are multiplied by `factor`. Files keep the original ones.
   *
   * @throws INVALID_SETTING if the factor is not finite; HANDLE_DISPOSED.
   */
  setScale(factor: number): void {
    this.#checkUsable();
    if (!Number.isFinite(factor)) throw settingError(`The adapter "${this.name}"`, "scale", factor, "a finite number");
    this.#scale = factor;
    for (const part of this.#contents.parts) part.setScale?.(factor);
  }

  /**
   * The loss terms of the adapter's variants in training, such as KaSA's regularizers: the sum over all layers. The caller owns
   * it. Undefined if there are none.
   *
   * @example
   * ```ts
   * import type { AdapterHandle } from "@lowrank/inject";
   * import * as tf from "@tensorflow/tfjs-core";
   *
   * export function withPenalty(task: tf.Scalar, handle: AdapterHandle): tf.Scalar {
   *   return tf.tidy(() => tf.add(task, handle.penalty() ?? 0)); // what train()'s `loss` returns
   * }
   * ```
   */
  penalty(): tf.Scalar | undefined {
    this.#checkUsable();
    const penalties = variantsOf(this.config).flatMap(({ penalty }) => penalty ?? []);
    if (penalties.length === 0 || this.sites.length === 0) return undefined;
    return tf.tidy(() =>
      tf.addN(penalties.flatMap((penalty) => this.sites.map(({ lora }) => penalty(lora, this.config)))),
    );
  }

  /**
   * Attaches the adapter to its model (again).
   *
   * @throws ADAPTER_EXISTS if another adapter has taken the name; HANDLE_DISPOSED.
   */
  attach(): void {
    this.#checkUsable();
    if (this.#detach) return;
    const freeName = claimName(this.model, this.name, this);
    try {
      const detach = attachAll(
        { name: this.name, checkCall: (context, replacedPath) => checkSelection(this.model, context, replacedPath) },
        inOrderOfEffect(this.#contents),
      );
      this.#detach = () => {
        detach();
        freeName();
      };
    } catch (error) {
      freeName();
      throw error;
    }
  }

  /** Detaches the adapter; the model then computes exactly what it did before. The variables are kept. */
  detach(): void {
    this.#detach?.();
    this.#detach = null;
  }

  /**
   * Reads the variables as plain data in torch's layout, ready for `writeAdapter`. A and B that replace a part of the weight
   * (PiSSA, OLoRA) become plain LoRA of twice the rank, for the unchanged base.
   *
   * @throws HANDLE_DISPOSED; MERGED_TABLE if an embedding of the base is to be saved that a merge changed
   */
  async toAdapter(options: ToAdapterOptions = {}): Promise<Adapter> {
    refuseUnknownOptions("toAdapter", options, toAdapterNames);
    this.#checkUsable();
    return adapterOf(
      { model: this.model, name: this.name, contents: this.#contents, isAttached: () => this.isAttached },
      options,
    );
  }

  /**
   * A tensor for one of the variables (its value, its gradient) in the layout of adapter files. The caller owns the result.
   *
   * @throws UNKNOWN_KEY
   */
  inFileLayout(key: string, tensor: tf.Tensor): tf.Tensor {
    const adapterTensor = tensorsOf(this.#contents).find((one) => one.key === key);
    if (!adapterTensor) throw unknownKeyError(this.name, key);
    return adapterTensor.layout.toFile(tensor);
  }

  /**
   * Replaces the adapter's contents and frees the old ones. `hotSwap` calls it with contents that fit. If a hook point throws,
   * nothing changes. The scale is 1 again.
   *
   * @throws HANDLE_DISPOSED
   */
  exchange(contents: AdapterContents): void {
    this.#checkUsable();
    const [previous, wasAttached] = [this.#contents, this.isAttached];
    this.detach();
    this.#contents = contents;
    try {
      if (wasAttached) this.attach();
    } catch (error) {
      this.#contents = previous;
      this.attach();
      throw error;
    }
    this.#variables = trainedVariables(contents);
    this.#scale = 1;
    disposeContents(previous);
  }

  /** Detaches the adapter and frees its variables. A second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.detach();
    disposeContents(this.#contents);
    this.#isDisposed = true;
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw handleDisposedError(this.name);
  }
}
