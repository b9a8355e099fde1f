// Any tf.GraphModel as a host:
//
// reading/       its graph as plain data
// applications/  finds nodes that compute with a weight, and maps each to a site: a row for each operation
// hook-points/   the sites and parameters
// running/       plans which nodes run frozen, after the frozen part, and in sites; runs plans
// saving/        the merged model as files that TensorFlow.js loads without us

export { attachLora } from "./graph/adapter-data.ts";
export type { Refusal } from "./graph/applications/application.ts";

export { GraphHost, graphModel } from "./graph/graph-host.ts";
export { graphModelFiles, graphModelReader } from "./graph/saving/graph-model-files.ts";
export { mergedArtifacts } from "./graph/saving/merged-artifacts.ts";
export { loraOf } from "./topology/adapter-data.ts";
