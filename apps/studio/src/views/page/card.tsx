// A part of the page with a heading.

import type { ComponentChildren } from "preact";

export interface CardProps {
  /** Unique in the page; the heading's id is made of it. */
  readonly id: string;
  readonly title: string;
  /** A sentence below the heading. */
  readonly lead?: string;
  /** Over both columns of the page; else within the one that it is in. */
  readonly place?: "wide";
  /** Whether it starts closed, as title and lead alone. */
  readonly isFolded?: boolean;
  readonly children: ComponentChildren;
}

export function Card({ id, title, lead, place, isFolded = false, children }: CardProps) {
  const heading = <h2 id={`${id}-title`}>{title}</h2>;
  return (
    <section class={`card ${place ?? ""}`} id={id} aria-labelledby={`${id}-title`}>
      {isFolded ? (
        <details class="folded">
          <summary>
            {heading}
            <span class="quiet">{lead}</span>
          </summary>
          {children}
        </details>
      ) : (
        <>
          {heading}
          {lead && <p class="quiet">{lead}</p>}
          {children}
        </>
      )}
    </section>
  );
}
