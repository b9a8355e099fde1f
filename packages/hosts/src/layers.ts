export type { SavedWeights } from "./layers/layers-host.ts";
export { LayersHost } from "./layers/layers-host.ts";
export { layersModel } from "./layers/layers-model.ts";
