// Any tf.LayersModel as a host. Its folders:
//
// hook-points/  sites and parameters of a host model
// layers/       how each class of layers computes with an adapter; changes to the model while adapters are attached; `enableLora`
// topology/     the model's structure, which an adapter stores so that it is refused on another model

export { attachLora } from "./layers/adapter-data.ts";
export { type EnableLoraOptions, enableLora } from "./layers/enable-lora.ts";
export { layersModel } from "./layers/layers-model.ts";
export { loraOf } from "./topology/adapter-data.ts";
