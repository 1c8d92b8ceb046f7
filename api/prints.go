package api

import (
	"formwork/engine/printing"
)

type (
	printParams struct {
		Entity string `path:"entity"`
		Print  string `path:"print"`
	}
	datasetPrintParams struct {
		Dataset string `path:"dataset"`
		Print   string `path:"print"`
	}
	printBody struct {
		Records []string `json:"records" description:"ids, at most 200; the documents have this order"`
		Final   bool     `json:"final,omitempty" description:"it goes on paper and is counted; else it is a preview"`
	}
	datasetPrintBody struct {
		Params map[string]any `json:"params,omitempty" description:"by name; absent ones take their defaults"`
		Final  bool           `json:"final,omitempty" description:"it goes on paper and is counted; else it is a preview"`
	}
)

func (s *server) printRecords(r *request) error {
	var body printBody
	if err := r.decode(&body); err != nil {
		return err
	}
	if len(body.Records) == 0 || len(body.Records) > printing.MaxRecords {
		return &paramError{Name: "records"}
	}
	sheet, err := s.Engine.Prints.Print(r.ctx, r.actor, r.Params("entity"), r.Params("print"), printing.Input{
		Records: body.Records, Final: body.Final,
	})
	if err != nil {
		return err
	}
	return r.JSON(sheet)
}

func (s *server) listDatasetPrints(r *request) error {
	all, err := s.Engine.Prints.OfDataset(r.ctx, r.actor, r.Params("dataset"))
	if err != nil {
		return err
	}
	return r.JSON(all)
}

func (s *server) printDataset(r *request) error {
	var body datasetPrintBody
	if err := r.decode(&body); err != nil {
		return err
	}
	sheet, err := s.Engine.Prints.PrintDataset(r.ctx, r.actor, r.Params("dataset"), r.Params("print"), printing.Input{
		Params: body.Params, Final: body.Final,
	})
	if err != nil {
		return err
	}
	return r.JSON(sheet)
}
