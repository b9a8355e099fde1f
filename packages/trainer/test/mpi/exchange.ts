// A process of several, for the tests: makes each call once and prints what came of it as JSON.

import { compareRanks, measureExchange, openCommunicator } from "@lowrank/trainer/mpi";

const communicator = await openCommunicator();
const { rank, size } = communicator;
const sums = Float32Array.from({ length: 100_003 }, (_, i) => (rank + 1) * i);
await communicator.allReduce(sums);
const factor = (size * (size + 1)) / 2;
const received = await communicator.broadcast(rank === 1 ? Uint8Array.of(7, 8, 9) : undefined, 1);
const refused: string[] = [];
const refuse = (error: Error) => refused.push(error.message);
await compareRanks(communicator, { rows: "same", base: rank === 1 ? "other" : "one" }).catch(refuse);
await communicator.allReduce(new Float32Array(10 + rank)).catch(refuse);
await communicator.broadcast(undefined, size).catch(refuse);
const times = await measureExchange(communicator, [1, 1000], 3);
await communicator.barrier();
const isRight = sums.every((sum, i) => Math.abs(sum - factor * i) <= factor * i * 1e-6);
process.stdout.write(`${JSON.stringify({ rank, size, isRight, received: [...received], refused, times })}\n`);
await communicator.close();
