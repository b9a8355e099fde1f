// The common parts of all host models. Each kind has a sub-path of its own, so that a program loads only what it uses:
//
// topology/  describes a model's structure, and checks that an adapter belongs to it

export { type Topology, topologyFingerprint } from "./topology/topology.ts";
