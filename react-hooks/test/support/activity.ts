/** `Activity`, which React 18 has not: a test that needs it runs only where it is. */
import * as React from 'react';

export const hasActivity = 'Activity' in React;
export const Activity = hasActivity ? React.Activity : React.Fragment;
