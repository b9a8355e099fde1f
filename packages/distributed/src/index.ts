export type { Communicator } from "./communicator.ts";
export { compareRanks } from "./compare-ranks.ts";
export {
  CommunicationSizeError,
  CommunicationTimeoutError,
  MpiCallError,
  MpiMismatchError,
  MpiUnavailableError,
  RanksDifferError,
} from "./errors.ts";
export { type Environment, type Launch, launchOf } from "./launch.ts";
export { type ExchangeTime, measureExchange } from "./measure-exchange.ts";
export { type CommunicatorOptions, findMpi, openCommunicator } from "./open-communicator.ts";
