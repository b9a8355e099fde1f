// What all guests have in common. Each kind of them has a sub-path of its own, so that a program loads only what it uses:
//
// topology/  what a guest is made of, and whether an adapter was made for it

export { type Topology, topologyFingerprint } from "./topology/topology.ts";
