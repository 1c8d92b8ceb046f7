import './reports.css'
import { DownloadOutlined, FileExcelOutlined, ReloadOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { printQueries } from '@/api/prints'
import { exportDataset, type Report, reportQueries } from '@/api/reports'
import { ApiError } from '@/api/request'
import { save as saveFile } from '@/api/sheets'
import { textOf, titleOf } from '@/lib/texts'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Page } from '@/ui/page'
import { PrintMenu } from '@/ui/print-menu'
import { useFailureMessage } from '@/ui/use-failure-message'
import { AsOf } from './as-of'
import { csvOf, save } from './csv'
import { isMoney, type MoneyUnit } from './figures'
import { Notes } from './notes'
import { readParams } from './params'
import { ParamsBar } from './params-bar'
import { ResultTable } from './result-table'
import { type ReportState, withParams, withSort, withUnit } from './state'
import { UnitSwitch } from './unit-switch'
import { useDrill } from './use-drill'

interface DatasetPageProps {
  name: string
  state: ReportState
  onState: (state: ReportState) => void
}

/** The whole table of a dataset. */
export function DatasetPage({ name, state, onState }: DatasetPageProps) {
  const { t } = useTranslation()
  const { data: info } = useSuspenseQuery(reportQueries.dataset(name))
  const given = readParams(state.p, info.params)
  const run = useQuery(reportQueries.table(name, given))
  const report = run.data
  const drill = useDrill(name, report?.params)
  const unit: MoneyUnit = state.unit ?? 'yuan'
  const problems = run.error instanceof ApiError ? run.error.problems : []
  return (
    <Page
      title={titleOf(info)}
      note={report && <AsOf date={report.asOf} />}
      actions={
        <>
          {info.columns.some(isMoney) && (
            <UnitSwitch unit={unit} onChange={(next) => onState(withUnit(state, next))} />
          )}
          <Button
            icon={<ReloadOutlined />}
            loading={run.isFetching}
            onClick={() => void run.refetch()}
          >
            {t('report.again')}
          </Button>
          <PrintButton name={name} state={state} />
          {info.export && report && (
            <>
              <ExcelButton name={name} title={titleOf(info)} report={report} />
              <CsvButton title={titleOf(info)} report={report} />
            </>
          )}
        </>
      }
    >
      {textOf(info, 'description') && <p className="fw-quiet">{textOf(info, 'description')}</p>}
      {info.params && (
        <ParamsBar
          params={info.params}
          given={given}
          inForce={report?.params}
          problems={problems}
          onChange={(next) => onState(withParams(state, next))}
        />
      )}
      {run.isPending && <Waiting />}
      {run.error && problems.length === 0 && (
        <Failed error={run.error} onRetry={() => void run.refetch()} />
      )}
      {report && !run.error && (
        <div aria-busy={run.isFetching}>
          <Notes report={report} />
          <ResultTable
            report={report}
            columns={report.columns}
            unit={unit}
            onDrill={info.drill ? drill : undefined}
            sort={state.sort}
            onSort={(sort) => onState(withSort(state, sort))}
          />
        </div>
      )}
    </Page>
  )
}

interface ExcelButtonProps {
  name: string
  title: string
  report: Report
}

function ExcelButton({ name, title, report }: ExcelButtonProps) {
  const { t } = useTranslation()
  const failed = useFailureMessage()
  const exporting = useMutation({
    mutationFn: () => exportDataset(name, report.params ?? {}),
    onSuccess: (blob) => saveFile(blob, `${title} ${report.asOf}.xlsx`),
    onError: failed,
  })
  return (
    <Button
      icon={<FileExcelOutlined />}
      loading={exporting.isPending}
      onClick={() => exporting.mutate()}
    >
      {t('report.excel')}
    </Button>
  )
}

function PrintButton({ name, state }: { name: string; state: ReportState }) {
  const navigate = useNavigate()
  const { data = [] } = useQuery(printQueries.ofDataset(name))
  return (
    <PrintMenu
      prints={data}
      onChoose={(print) =>
        void navigate({
          to: '/print/q/$dataset/$print',
          params: { dataset: name, print },
          search: state.p ? { p: state.p } : {},
        })
      }
    />
  )
}

function CsvButton({ title, report }: { title: string; report: Report }) {
  const { t } = useTranslation()
  const look = { unit: 'yuan' as const, refs: report.refs }
  return (
    <Button
      icon={<DownloadOutlined />}
      onClick={() => save(`${title} ${report.asOf}.csv`, csvOf(report.columns, report.rows, look))}
    >
      {t('report.csv')}
    </Button>
  )
}
