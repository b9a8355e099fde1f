// Checkpoints on disk.

export {
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  surplusCheckpoints,
  writeCheckpoint,
} from "./node/checkpoint-folder.ts";
