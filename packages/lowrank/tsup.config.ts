import { packageBuild } from "../../tsup.base.ts";

// The others are programs of a thread and of a process, started by their files.
const programs = ["src/node/media/picture-decoder.ts", "src/cli/serve/training-file-process.ts"];
export default packageBuild(["src/index.ts", "src/browser.ts", ...programs]);
