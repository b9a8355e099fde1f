// Any tf.GraphModel as a host:
//
// reading/       its graph as plain data
// applications/  which nodes compute with a weight, and how a site stands for each: a row for each operation
// doors/         the sites and parameters
// running/       a plan of what runs frozen, what behind it and what in sites; and how plans run
// saving/        the merged model as files that TensorFlow.js loads without us

export { attachLora } from "./graph/adapter-data.ts";
export type { Refusal } from "./graph/applications/application.ts";
export { GraphGradientError } from "./graph/errors.ts";
export { GraphHost, graphModel } from "./graph/graph-host.ts";
export { graphModelFiles, graphModelReader } from "./graph/saving/graph-model-files.ts";
export { mergedArtifacts } from "./graph/saving/merged-artifacts.ts";
export { loraOf } from "./topology/adapter-data.ts";
