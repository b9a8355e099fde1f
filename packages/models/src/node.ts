export { openFolder } from "./folder/open-folder.ts";
