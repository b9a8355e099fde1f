// Changes the instances of a LayersModel while adapters are attached, and undoes it. No prototype is changed, so other models of the
// same classes are not affected.

import type { Detach } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { adaptersAttachedError, optimizerInUseError, undecidedSaveError, unfitDataError } from "../errors.ts";
import type { CallSettings, ForeignLayer, Tensors } from "./foreign-layer.ts";
import type { HostedLayer } from "./layer-kind.ts";

export interface ModelPatch {
  readonly layers: readonly HostedLayer[];
  call(hosted: HostedLayer, inputs: Tensors, settings: CallSettings, original: ForeignLayer["call"]): Tensors;
  variables(): readonly tf.Variable[];
}

/** Hides properties of an object by others. The result removes them again. */
function hide(object: object, properties: PropertyDescriptorMap): Detach {
  const hidden = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(object, name)] as const);
  for (const [name, property] of Object.entries(properties))
    Object.defineProperty(object, name, { configurable: true, enumerable: false, ...property });
  return () => {
    for (const [name, before] of hidden) {
      if (before === undefined) Reflect.deleteProperty(object, name);
      else Object.defineProperty(object, name, before);
    }
  };
}

/** @returns what undoes it */
export function patchModel(model: ForeignLayer, patch: ModelPatch): Detach {
  const undo = [
    ...patch.layers.map((hosted) => patchCall(hosted, patch)),
    patchTraining(trainedModel(model), patch),
    patchDataCheck(trainedModel(model), model.name),
    refuseChanges(model),
  ];
  return () => {
    for (const step of undo.reverse()) step();
  };
}

function patchCall(hosted: HostedLayer, patch: ModelPatch): Detach {
  const { layer } = hosted;
  const original: ForeignLayer["call"] = layer.call.bind(layer);
  const call = (inputs: Tensors, settings: CallSettings) => patch.call(hosted, inputs, settings ?? {}, original);
  return hide(layer, { call: { value: call, writable: true } });
}

/** The object that is compiled and trained: for a sequential model, its inner functional model. */
function trainedModel(model: ForeignLayer): object {
  const inner: unknown = "model" in model ? model.model : undefined;
  return typeof inner === "object" && inner !== null ? inner : model;
}

interface Compiled {
  collectedTrainableWeights?: unknown;
  trainableWeights?: unknown;
  optimizer_?: object;
}

/** Makes `fit` train the adapters' variables, whenever the model is compiled: it trains the variables that `compile` collects. */
function patchTraining(model: Compiled, patch: ModelPatch): Detach {
  let isCompiled = model.collectedTrainableWeights !== undefined;
  let isCompiledAnew = false;
  const show = hide(model, {
    collectedTrainableWeights: {
      get: () => (isCompiled ? trainedBy(model.optimizer_, patch.variables()) : undefined),
      set: () => {
        isCompiled = true;
        isCompiledAnew = true;
      },
    },
    // It would warn that this list differs from the base's weights.
    checkTrainableWeightsConsistency: { value: () => {} },
  });
  return () => {
    show();
    if (isCompiledAnew) model.collectedTrainableWeights = model.trainableWeights;
  };
}

interface DataChecker {
  readonly optimizer_?: object;
  /** tfjs-layers checks inputs and labels here, for `fit`, `evaluate` and `trainOnBatch`. */
  standardizeUserDataXY?(...data: unknown[]): unknown;
}

/** Turns every error about the data into an UNFIT_DATA with the model's name. */
function patchDataCheck(model: DataChecker, name: string): Detach {
  const { standardizeUserDataXY: check } = model;
  if (check === undefined) return () => {};
  const value = (...data: unknown[]) => {
    try {
      return check.apply(model, data);
    } catch (cause) {
      if (model.optimizer_ === undefined) throw cause; // the model is not compiled
      throw unfitDataError(name, cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
  return hide(model, { standardizeUserDataXY: { value, writable: true } });
}

/** The variables that each optimizer trained last. */
const lastTrained = new WeakMap<object, readonly tf.Variable[]>();

/** The variables in tfjs-layers' form. Throws OPTIMIZER_IN_USE. */
function trainedBy(optimizer: object | undefined, variables: readonly tf.Variable[]): readonly object[] {
  if (optimizer !== undefined) {
    const last = lastTrained.get(optimizer);
    const isSame = last?.length === variables.length && last.every((variable, index) => variable === variables[index]);
    if (!isSame && hasMoments(optimizer)) throw optimizerInUseError();
    lastTrained.set(optimizer, variables);
  }
  return variables.map((variable) => ({ shape: variable.shape, read: () => variable }));
}

/** Whether an optimizer has moments. TensorFlow.js's optimizers match them with variables by index, which is wrong for other variables. */
function hasMoments(optimizer: object): boolean {
  return Object.values(optimizer).some(
    (value) =>
      Array.isArray(value) && value.some((one) => typeof one === "object" && one !== null && "variable" in one),
  );
}

/** Refuses calls that would lose an adapter, or save weights that are neither base nor merged. */
function refuseChanges(model: ForeignLayer): Detach {
  const refuse = (action: string) => ({
    value: () => {
      throw adaptersAttachedError(model.name, action);
    },
    writable: true,
  });
  const save = {
    value: async () => {
      throw undecidedSaveError(model.name);
    },
    writable: true,
  };
  const properties = { save, dispose: refuse("dispose of it") };
  if (!("pop" in model)) return hide(model, properties);
  return hide(model, {
    ...properties,
    add: refuse("add a layer to it"),
    pop: refuse("remove a layer from it"),
    // On compile, a sequential model would otherwise build a new functional model, and train that one.
    build: { value: () => {}, writable: true },
  });
}
