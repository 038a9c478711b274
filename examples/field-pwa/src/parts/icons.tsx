/** Small pictures, drawn with the colour of the text around them. */
import type { ReactNode } from 'react';

const PATHS = {
  site: <path d="M4 20V9l8-5 8 5v11M9 20v-6h6v6" />,
  reading: <path d="M4.5 18a9 9 0 1 1 15 0M12 13l4-5M12 13h.01" />,
  photo: (
    <>
      <path d="M4 8h3l2-3h6l2 3h3v11H4z" />
      <circle cx="12" cy="13" r="3.5" />
    </>
  ),
  outbox: <path d="M4 13v6h16v-6M4 13h5l1 3h4l1-3h5M12 3v8M8.5 6.5 12 3l3.5 3.5" />,
  device: (
    <>
      <rect x="7" y="3" width="10" height="18" rx="2" />
      <path d="M11 18h2" />
    </>
  ),
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  twice: <path d="m2 12.5 4.5 4.5L15 8M12 16l1 1 9-9" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  sent: <path d="M4 12 20 4l-5 16-3.5-6.5z" />,
  alert: <path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.5h.01" />,
  retry: <path d="M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5" />,
  trash: <path d="M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13" />,
  plus: <path d="M12 5v14M5 12h14" />,
  minus: <path d="M5 12h14" />,
  cloud: <path d="M7 18a4 4 0 0 1 0-8 5.5 5.5 0 0 1 10.6 1.2A3.5 3.5 0 0 1 17.5 18z" />,
  cloudOff: (
    <path d="M9 18h8.5a3.5 3.5 0 0 0 2-6.4M15 7.6A5.5 5.5 0 0 0 7 10a4 4 0 0 0-1.5 7.7M4 4l16 16" />
  ),
  drop: <path d="M12 3.5c3.5 4 6 7.3 6 10.5a6 6 0 0 1-12 0c0-3.2 2.5-6.5 6-10.5z" />,
  flame: (
    <path d="M12 3c1 4 5.5 5.5 5.5 11a5.5 5.5 0 0 1-11 0c0-2.5 1.5-4 2.5-5 .3 1.7 1 2.5 2 3 0-3-.5-6 1-9z" />
  ),
  pump: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 8V3M16 12h5M12 16v5M8 12H3" />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      {PATHS[name]}
    </svg>
  );
}
