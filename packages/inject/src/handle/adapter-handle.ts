// What a caller holds after an adapter was attached: its variables, the switch to take it off, the way to a file.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import { type AdaptableModel, type Detach, refuseUnknownOptions } from "@lowrank/contracts";
import { SettingError } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { AdaptedPart } from "../adapted/adapted-part.ts";
import type { AdaptedSite } from "../adapted/adapted-site.ts";
import type { WeightChange } from "../adapted/adapter-part.ts";
import { openHookPoints } from "../adapted/open-hook-points.ts";
import { HandleDisposedError, UnknownKeyError } from "../errors/errors.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { variantsOf } from "../variants/variants.ts";
import {
  type AdapterContents,
  disposeContents,
  inOrderOfActing,
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

  /** The configuration as it will be written, targets spelt out. */
  get config(): LoraConfig {
    return this.plan.config;
  }

  /** Everything that the adapter changes in the model; `partsOf(handle, "token-rows")` gives those of a kind. */
  get parts(): readonly AdaptedPart[] {
    return this.#contents.parts;
  }

  /** One pair for each adapted layer, in the model's order. */
  get sites(): readonly AdaptedSite[] {
    return partsOf(this.#contents, "site");
  }

  /**
   * Everything trainable, by its name in an adapter file without "base_model.model."; the order never changes. A hot swap
   * brings new variables.
   */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#variables;
  }

  /** Every weight of the base that the adapter changes: what a merge folds in. */
  get changes(): readonly WeightChange[] {
    return inOrderOfActing(this.#contents).flatMap(({ changes }) => changes);
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

  /** The factor on every pair's own scaling; 1 as trained. */
  get scale(): number {
    return this.#scale;
  }

  /**
   * Strengthens or weakens the adapter: every pair acts with `factor` times its own scaling. Files keep the original.
   *
   * @throws SettingError if the factor is no finite number; HandleDisposedError.
   */
  setScale(factor: number): void {
    this.#checkUsable();
    if (!Number.isFinite(factor))
      throw new SettingError(`The adapter "${this.name}"`, "scale", factor, "a finite number");
    this.#scale = factor;
    for (const part of this.#contents.parts) part.setScale?.(factor);
  }

  /**
   * What the adapter's variants add to the loss while it is trained, such as KaSA's regularisers: the sum over all layers,
   * which the caller owns. Undefined where they add nothing.
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
   * Puts the adapter (back) on its model.
   *
   * @throws AdapterExistsError if another adapter took the name meanwhile; HandleDisposedError.
   */
  attach(): void {
    this.#checkUsable();
    if (this.#detach) return;
    const freeName = claimName(this.model, this.name, this);
    try {
      const close = openHookPoints(
        { name: this.name, checkCall: (context, ownPath) => checkSelection(this.model, context, ownPath) },
        inOrderOfActing(this.#contents),
      );
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
   * @throws HandleDisposedError; MergedTableError if a table of the base is to be saved and a merge changed it
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
   * A tensor that belongs to one of the variables – its value, its gradient – as an adapter file would have it. The caller
   * owns the result.
   *
   * @throws UnknownKeyError
   */
  inFileLayout(key: string, tensor: tf.Tensor): tf.Tensor {
    const found = tensorsOf(this.#contents).find((one) => one.key === key);
    if (!found) throw new UnknownKeyError(this.name, key);
    return found.layout.toFile(tensor);
  }

  /**
   * Exchanges everything the adapter is made of and frees what it was; `hotSwap` calls it with contents that fit. If a door
   * refuses, nothing changes. The scale is 1 again.
   *
   * @throws HandleDisposedError
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

  /** Detaches the adapter and frees its variables. Calling it twice does nothing more. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.detach();
    disposeContents(this.#contents);
    this.#isDisposed = true;
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw new HandleDisposedError(this.name);
  }
}
