// What the example uses of pngjs, which brings no types.

declare module "pngjs" {
  export class PNG {
    constructor(size: { readonly width: number; readonly height: number });
    readonly width: number;
    readonly height: number;
    /** Red, green, blue and opacity of each pixel. */
    readonly data: Buffer;
    static readonly sync: { read(file: Buffer): PNG; write(png: PNG): Buffer };
  }
}
