// As it exits, Node gives terminals their settings back – and aborts where one is not there any more.

import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";

const standardStreams = [0, 1, 2];

/** Lets the process exit also if its terminal is closed meanwhile: Node leaves alone what is no terminal by then. */
export function outliveTerminals(): void {
  const terminals = standardStreams.filter(isatty);
  process.on("exit", () => {
    for (const descriptor of terminals.filter((each) => !isatty(each))) {
      closeSync(descriptor);
      openSync("/dev/null", "r+"); // takes the lowest number that is free
    }
  });
}
