// Why something did not work, if it did not.

import type { ComponentChildren } from "preact";

export function Problem({ children }: { readonly children: ComponentChildren }) {
  if (!children) return null;
  return (
    <p class="problem" role="alert">
      {children}
    </p>
  );
}
