// lowrank push: prints the files that are sent, and the address of the result.

import { pushToHub } from "../../node/push/push-to-hub.ts";
import { sourceContext } from "../open-model.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { formatBytes, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

export interface PushCommandOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly private?: boolean;
  readonly message?: string;
  readonly token?: string;
  readonly plan?: boolean;
}

export async function runPush(requested: PushCommandOptions, report: Report): Promise<void> {
  const { fetch, accessToken } = sourceContext(report);
  const { from, to, private: isPrivate, message, token = accessToken, plan: planOnly } = requested;
  const done = await pushToHub(from, to, {
    fetch,
    accessToken: token,
    private: isPrivate,
    message,
    planOnly,
    onWarning: report.warn,
    onNote: (line) => report.note(line),
  });
  const { kind, repository, revision, bytes, left, url, commit } = done;
  const files = done.files.map(({ to: path }) => path);
  report.emit({ kind, repository, revision, files, bytes, left, url, commit });
  for (const { to: path, bytes: size } of done.files) report.print(`${path}  ${formatBytes(size)}`);
  if (left.length > 0) report.print(`not uploaded: ${left.join(", ")}`);
  const summary = `${plural(files.length, "file")}, ${formatBytes(bytes)}`;
  const state = url === undefined ? `would be uploaded to ${repository}@${revision}` : `uploaded: ${url}`;
  report.print(`${summary} ${state}`);
}
