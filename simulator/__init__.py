"""An exchange on localhost: the market-data protocol of Binance over a synthetic or a recorded market."""
