// Processes that train as one. Nothing here loads the loop, TensorFlow.js, or koffi before a communicator is opened.

export type { Communicator } from "./mpi/communicator.ts";
export { compareRanks } from "./mpi/compare-ranks.ts";

export { type Environment, launchOf } from "./mpi/launch.ts";
export { type ExchangeTime, measureExchange } from "./mpi/measure-exchange.ts";
export { findMpi, openCommunicator } from "./mpi/open-communicator.ts";
