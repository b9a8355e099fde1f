import { packageBuild } from "../../tsup.base.ts";

// The third is a program of a thread, started by its file.
export default packageBuild(["src/index.ts", "src/browser.ts", "src/node/media/picture-decoder.ts"]);
