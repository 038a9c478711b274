/** The frame around each thing on the wall: a title, a large value, and an honest mark when it went silent. */
import type { ReactNode } from 'react';
import { useSilence } from './clock.js';
import { duration } from './format.js';
import type { LiveKey } from './records.js';

/** A live record that says nothing for longer than this is shown as stale. */
const STALE_SECONDS = 5;

interface PanelProps {
  title: string;
  area: string;
  /** The record whose silence makes this panel stale. */
  follows?: LiveKey;
  children: ReactNode;
}

export function Panel({ title, area, follows, children }: PanelProps) {
  return (
    <section className={`panel panel-${area}`} aria-label={title}>
      {follows ? (
        <Followed title={title} record={follows}>
          {children}
        </Followed>
      ) : (
        <>
          <header>
            <h2>{title}</h2>
          </header>
          <div className="panel-body">{children}</div>
        </>
      )}
    </section>
  );
}

function Followed({
  title,
  record,
  children,
}: {
  title: string;
  record: LiveKey;
  children: ReactNode;
}) {
  const silence = useSilence(record);
  const stale = silence !== null && silence >= STALE_SECONDS;
  return (
    <>
      <header>
        <h2>{title}</h2>
        {silence === null && <span className="badge">no value yet</span>}
        {stale && <span className="badge badge-stale">stale, {duration(silence)} old</span>}
      </header>
      <div className="panel-body" data-stale={stale || undefined}>
        {children}
      </div>
    </>
  );
}

/** The number that one reads from across the room. */
export function Big({ value, unit }: { value: string | null; unit: string }) {
  return (
    <p className="big">
      <span className="number">{value ?? '–'}</span> <span className="unit">{unit}</span>
    </p>
  );
}

/** A small fact below the number. */
export function Fact({
  label,
  children,
  swatch,
}: {
  label: string;
  children: ReactNode;
  swatch?: string;
}) {
  return (
    <div className="fact">
      <dt>
        {swatch && <i className={`swatch swatch-${swatch}`} aria-hidden="true" />}
        {label}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How full something is. */
export function Meter({ percent, label }: { percent: number; label: string }) {
  return (
    <meter
      className="meter"
      aria-label={label}
      min={0}
      max={100}
      low={75}
      high={90}
      optimum={0}
      value={percent}
    />
  );
}
