// Checkpoints on a disk.

export {
  type LatestCheckpointOptions,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  type StoredCheckpoint,
  type WriteCheckpointOptions,
  writeCheckpoint,
} from "./node/checkpoint-folder.ts";
