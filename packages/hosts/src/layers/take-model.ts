// What changes in a LayersModel while adapters are attached, instance by instance, and how it is undone. No prototype is touched:
// another model of the same classes notices nothing.

import type { Detach } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import { AdaptersAttachedError, OptimizerInUseError, UndecidedSaveError, UnfitDataError } from "../errors.ts";
import type { CallSettings, ForeignLayer, Tensors } from "./foreign-layer.ts";
import type { HostedLayer } from "./layer-kind.ts";

/** How layers compute, and what `fit` trains. */
export interface TakenModel {
  readonly layers: readonly HostedLayer[];
  call(hosted: HostedLayer, inputs: Tensors, settings: CallSettings, original: ForeignLayer["call"]): Tensors;
  variables(): readonly tf.Variable[];
}

/** Hides properties of one object behind others. The result takes them away again. */
function hide(object: object, properties: PropertyDescriptorMap): Detach {
  const own = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(object, name)] as const);
  for (const [name, property] of Object.entries(properties))
    Object.defineProperty(object, name, { configurable: true, enumerable: false, ...property });
  return () => {
    for (const [name, before] of own) {
      if (before === undefined) Reflect.deleteProperty(object, name);
      else Object.defineProperty(object, name, before);
    }
  };
}

/** @returns what undoes it */
export function takeModel(model: ForeignLayer, taken: TakenModel): Detach {
  const undo = [
    ...taken.layers.map((hosted) => takeCall(hosted, taken)),
    takeTraining(trainedModel(model), taken),
    takeData(trainedModel(model), model.name),
    takeChanges(model),
  ];
  return () => {
    for (const step of undo.reverse()) step();
  };
}

function takeCall(hosted: HostedLayer, taken: TakenModel): Detach {
  const { layer } = hosted;
  const original: ForeignLayer["call"] = layer.call.bind(layer);
  const call = (inputs: Tensors, settings: CallSettings) => taken.call(hosted, inputs, settings ?? {}, original);
  return hide(layer, { call: { value: call, writable: true } });
}

/** What is compiled and trained: a sequential model has a functional one in it for that. */
function trainedModel(model: ForeignLayer): object {
  const inner: unknown = "model" in model ? model.model : undefined;
  return typeof inner === "object" && inner !== null ? inner : model;
}

interface Compiled {
  collectedTrainableWeights?: unknown;
  trainableWeights?: unknown;
  optimizer_?: object;
}

/** `fit` trains what `compile` collected: the adapters' variables, whenever it is compiled. */
function takeTraining(model: Compiled, taken: TakenModel): Detach {
  let isCompiled = model.collectedTrainableWeights !== undefined;
  let isCompiledAnew = false;
  const show = hide(model, {
    collectedTrainableWeights: {
      get: () => (isCompiled ? trainedBy(model.optimizer_, taken.variables()) : undefined),
      set: () => {
        isCompiled = true;
        isCompiledAnew = true;
      },
    },
    // It compares that list with the base's weights, and warns that they differ.
    checkTrainableWeightsConsistency: { value: () => {} },
  });
  return () => {
    show();
    if (isCompiledAnew) model.collectedTrainableWeights = model.trainableWeights;
  };
}

interface Fed {
  readonly optimizer_?: object;
  /** tfjs-layers checks inputs and labels here, for `fit`, `evaluate` and `trainOnBatch`. */
  standardizeUserDataXY?(...data: unknown[]): unknown;
}

/** Whatever is wrong with the data is said in one class of error, with the model's name. */
function takeData(model: Fed, name: string): Detach {
  const { standardizeUserDataXY: check } = model;
  if (check === undefined) return () => {};
  const value = (...data: unknown[]) => {
    try {
      return check.apply(model, data);
    } catch (cause) {
      if (model.optimizer_ === undefined) throw cause; // that it is not compiled
      throw new UnfitDataError(name, cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
  return hide(model, { standardizeUserDataXY: { value, writable: true } });
}

/** The variables that each optimiser was last asked to train here. */
const lastTrained = new WeakMap<object, readonly tf.Variable[]>();

/** As tfjs-layers lists weights. Throws OptimizerInUseError. */
function trainedBy(optimizer: object | undefined, variables: readonly tf.Variable[]): readonly object[] {
  if (optimizer !== undefined) {
    const last = lastTrained.get(optimizer);
    const isSame = last?.length === variables.length && last.every((variable, index) => variable === variables[index]);
    if (!isSame && hasMoments(optimizer)) throw new OptimizerInUseError();
    lastTrained.set(optimizer, variables);
  }
  return variables.map((variable) => ({ shape: variable.shape, read: () => variable }));
}

/** TensorFlow.js's optimisers tell what they remember of variables by its place in a list: of others it would be wrong. */
function hasMoments(optimizer: object): boolean {
  return Object.values(optimizer).some(
    (value) =>
      Array.isArray(value) && value.some((one) => typeof one === "object" && one !== null && "variable" in one),
  );
}

/** What would lose an adapter, or write something that is neither base nor merged. */
function takeChanges(model: ForeignLayer): Detach {
  const refuse = (action: string) => ({
    value: () => {
      throw new AdaptersAttachedError(model.name, action);
    },
    writable: true,
  });
  const save = {
    value: async () => {
      throw new UndecidedSaveError(model.name);
    },
    writable: true,
  };
  const properties = { save, dispose: refuse("dispose of it") };
  if (!("pop" in model)) return hide(model, properties);
  return hide(model, {
    ...properties,
    add: refuse("add a layer to it"),
    pop: refuse("remove a layer from it"),
    // A sequential model would make another functional one of itself when it is compiled, and train that.
    build: { value: () => {}, writable: true },
  });
}
