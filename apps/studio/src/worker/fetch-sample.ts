// The sample's file, from beside the page.

import { LowrankError } from "@lowrank/contracts";

/** The built-in sample cannot be had. */
class SampleFileError extends LowrankError {
  constructor(
    readonly address: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "SAMPLE_FILE",
      `Cannot read the sample ${address}: ${reason}. Expected the CSV file of the E2E set, which the studio's server has under e2e/.`,
      options,
    );
  }
}

/** The text of the file at `address`; throws a SampleFileError that names it. */
export async function fetchSample(address: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (cause) {
    throw new SampleFileError(address, `the request failed (${(cause as Error).message})`, { cause });
  }
  if (!response.ok) throw new SampleFileError(address, `the server answered ${response.status}`);
  return response.text();
}
