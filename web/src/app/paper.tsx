import { Outlet } from '@tanstack/react-router'
import { Boundary } from '@/ui/boundary'

/** The frame around what goes on paper: nothing but itself. */
export function PaperFrame() {
  return (
    <Boundary>
      <Outlet />
    </Boundary>
  )
}
