import type { ThemeConfig } from 'antd'

/**
 * Calm and dense on a desk, large targets on a phone. The colours are of the trade: slate, verdigris and a little
 * safety amber. Texts keep a contrast of 4.5:1 on their grounds, also quiet ones.
 */
export function themeFor(phone: boolean): ThemeConfig {
  return {
    token: {
      colorPrimary: '#0f6b5c',
      colorInfo: '#0f6b5c',
      colorInfoBg: '#e9f3f0',
      colorInfoBorder: '#b7d3cb',
      colorLink: '#0f6b5c',
      colorPrimaryBg: '#e9f3f0',
      colorPrimaryBgHover: '#dcece7',
      colorPrimaryBorder: '#b7d3cb',
      colorSuccessBg: '#e8f3ec',
      colorSuccessBorder: '#b5d6c1',
      colorSuccess: '#1d7a45',
      colorWarning: '#a85b00',
      colorWarningBg: '#fdf3e0',
      colorWarningBorder: '#ebcb95',
      colorError: '#b3261e',
      colorTextBase: '#1f2523',
      colorTextSecondary: '#4f5653',
      colorTextTertiary: '#5b625f',
      colorTextQuaternary: '#666d6a',
      colorTextPlaceholder: '#676e6b',
      colorTextDescription: '#5b625f',
      colorTextDisabled: '#666d6a',
      colorBgLayout: '#f3f4f1',
      colorBorder: '#c9ceca',
      colorBorderSecondary: '#e2e4e0',
      borderRadius: 5,
      fontSize: phone ? 15 : 14,
      controlHeight: phone ? 44 : 32,
      controlHeightLG: 44,
      controlHeightSM: phone ? 40 : 24,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.18s',
      fontFamily:
        '-apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", sans-serif',
    },
    components: {
      Layout: {
        siderBg: '#1d2b2a',
        triggerBg: '#172322',
        headerBg: '#ffffff',
        headerPadding: '0 16px',
        headerHeight: 52,
      },
      Menu: {
        darkItemBg: '#1d2b2a',
        darkSubMenuItemBg: '#172322',
        darkItemColor: '#c9d3d0',
        darkItemSelectedBg: '#0f6b5c',
        itemHeight: phone ? 48 : 38,
      },
      Table: {
        headerBg: '#f3f4f1',
        headerColor: '#3d4442',
        cellPaddingBlockSM: 7,
        rowSelectedBg: '#e9f3f0',
        rowSelectedHoverBg: '#e1eeea',
      },
      Tabs: { horizontalItemGutter: phone ? 20 : 28 },
    },
  }
}
