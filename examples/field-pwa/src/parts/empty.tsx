/** What stands where nothing is yet. */
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.js';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ReactNode;
}

export function Empty({ icon, title, children }: Props) {
  return (
    <div className="empty">
      <Icon name={icon} size={36} />
      <b>{title}</b>
      <p>{children}</p>
    </div>
  );
}
