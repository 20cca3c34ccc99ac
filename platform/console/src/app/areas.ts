/** The areas of the console: where each is, what the menu calls it, and its page, which is loaded when it is first opened. */
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

export interface Area {
  path: string;
  /** The menu's text; without one, the area is reached from others. */
  menu?: string;
  page: LazyExoticComponent<ComponentType>;
}

export const AREAS: readonly Area[] = [
  { path: '/', menu: 'menu.tray', page: lazy(() => import('../areas/tray/Tray')) },
  { path: '/applications/:id', page: lazy(() => import('../areas/application/Application')) },
];
