// The rooms behind it, besides what all guests have in common:
//
// doors/   a foreign model's weights and the places where adapters act, and the hold on it while one is open
// layers/  classes of layers, how each computes with an adapter; the model with doors; LoRA in one line, adapters as data

export { UnfitDataError } from "./errors.ts";
export { attachLora } from "./layers/adapter-data.ts";
export { type EnableLoraOptions, enableLora } from "./layers/enable-lora.ts";
export { layersModel } from "./layers/layers-model.ts";
export { loraOf } from "./topology/adapter-data.ts";
