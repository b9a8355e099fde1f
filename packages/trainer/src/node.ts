// Checkpoints on a disk.

export {
  type LatestCheckpointOptions,
  latestCheckpoint,
  listCheckpoints,
  type Retention,
  readCheckpoint,
  type StoredCheckpoint,
  surplusCheckpoints,
  type WriteCheckpointOptions,
  writeCheckpoint,
} from "./node/checkpoint-folder.ts";
