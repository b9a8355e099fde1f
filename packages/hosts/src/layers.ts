// Any tf.LayersModel as a host. Its folders:
//
// hook-points/  weights and sites of a host model, and the changes to the model while adapters are attached
// layers/       how each class of layers computes with an adapter; the host; `enableLora`; adapters as data

export { UnfitDataError } from "./errors.ts";
export { attachLora } from "./layers/adapter-data.ts";
export { type EnableLoraOptions, enableLora } from "./layers/enable-lora.ts";
export { layersModel } from "./layers/layers-model.ts";
export { loraOf } from "./topology/adapter-data.ts";
